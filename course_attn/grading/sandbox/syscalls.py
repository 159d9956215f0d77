"""Numbers of the system calls that a worker gives up, for the two processors that the sandbox knows.

Given up: new processes and programs, other processes, the network, changes to files, mounts, the kernel's own
machinery, rights. What is not named (reading, memory, threads, clocks, the pipe that is open already) stays
allowed; calls newer than `NEWEST` are refused as unknown, so that a newer kernel opens no new door.
"""

from __future__ import annotations

NEWEST = 451


def _table(text: str) -> dict[str, int]:
    """Name to number, from words such as ``fork=57``."""
    pairs = (word.split("=") for word in text.split())
    return {name: int(number) for name, number in pairs}


X86_64 = _table("""
fork=57 vfork=58 execve=59 execveat=322 unshare=272 setns=308 chroot=161 pivot_root=155 kill=62 tkill=200
tgkill=234 rt_sigqueueinfo=129 rt_tgsigqueueinfo=297 pidfd_open=434 pidfd_getfd=438 pidfd_send_signal=424
ptrace=101 process_vm_readv=310 process_vm_writev=311 process_madvise=440 process_mrelease=448 kcmp=312
setpriority=141 sched_setattr=314 sched_setscheduler=144 sched_setparam=142 migrate_pages=256 move_pages=279
ioprio_set=251 socket=41 socketpair=53 connect=42 bind=49 listen=50 accept=43 accept4=288 sendto=44 sendmsg=46
sendmmsg=307 recvmsg=47 recvmmsg=299 shutdown=48 memfd_create=319 memfd_secret=447 shmget=29 shmat=30
shmctl=31 shmdt=67 semget=64 semop=65 semtimedop=220 semctl=66 msgget=68 msgsnd=69 msgrcv=70 msgctl=71
mq_open=240 mq_unlink=241 mq_timedsend=242 mq_timedreceive=243 mq_notify=244 chmod=90 fchmod=91 fchmodat=268
chown=92 fchown=93 lchown=94 fchownat=260 utime=132 utimes=235 utimensat=280 futimesat=261 setxattr=188
lsetxattr=189 fsetxattr=190 removexattr=197 lremovexattr=198 fremovexattr=199 truncate=76 unlink=87
unlinkat=263 rmdir=84 rename=82 renameat=264 renameat2=316 link=86 linkat=265 symlink=88 symlinkat=266
mkdir=83 mkdirat=258 mknod=133 mknodat=259 creat=85 mount=165 umount2=166 mount_setattr=442 move_mount=429
open_tree=428 fsopen=430 fsconfig=431 fsmount=432 fspick=433 swapon=167 swapoff=168 quotactl=179
quotactl_fd=443 name_to_handle_at=303 open_by_handle_at=304 fanotify_init=300 fanotify_mark=301
inotify_init=253 inotify_init1=294 inotify_add_watch=254 flock=73 bpf=321 perf_event_open=298 userfaultfd=323
keyctl=250 add_key=248 request_key=249 io_uring_setup=425 io_uring_enter=426 io_uring_register=427
init_module=175 finit_module=313 delete_module=176 kexec_load=246 kexec_file_load=320 reboot=169 acct=163
syslog=103 settimeofday=164 clock_settime=227 clock_adjtime=305 adjtimex=159 sethostname=170 setdomainname=171
iopl=172 ioperm=173 vhangup=153 lookup_dcookie=212 personality=135 modify_ldt=154 vmsplice=278 tee=276
splice=275 io_setup=206 io_submit=209 io_destroy=207 uselib=134 setuid=105 setgid=106 setreuid=113
setregid=114 setresuid=117 setresgid=119 setfsuid=122 setfsgid=123 setgroups=116 capset=126 setpgid=109
setsid=112
""")

AARCH64 = _table("""
execve=221 execveat=281 unshare=97 setns=268 chroot=51 pivot_root=41 kill=129 tkill=130 tgkill=131
rt_sigqueueinfo=138 rt_tgsigqueueinfo=240 pidfd_open=434 pidfd_getfd=438 pidfd_send_signal=424 ptrace=117
process_vm_readv=270 process_vm_writev=271 process_madvise=440 process_mrelease=448 kcmp=272 setpriority=140
sched_setattr=274 sched_setscheduler=119 sched_setparam=118 migrate_pages=238 move_pages=239 ioprio_set=30
socket=198 socketpair=199 connect=203 bind=200 listen=201 accept=202 accept4=242 sendto=206 sendmsg=211
sendmmsg=269 recvmsg=212 recvmmsg=243 shutdown=210 memfd_create=279 memfd_secret=447 shmget=194 shmat=196
shmctl=195 shmdt=197 semget=190 semop=193 semtimedop=192 semctl=191 msgget=186 msgsnd=189 msgrcv=188
msgctl=187 mq_open=180 mq_unlink=181 mq_timedsend=182 mq_timedreceive=183 mq_notify=184 fchmod=52 fchmodat=53
fchown=55 fchownat=54 utimensat=88 setxattr=5 lsetxattr=6 fsetxattr=7 removexattr=14 lremovexattr=15
fremovexattr=16 truncate=45 unlinkat=35 renameat=38 renameat2=276 linkat=37 symlinkat=36 mkdirat=34 mknodat=33
mount=40 umount2=39 mount_setattr=442 move_mount=429 open_tree=428 fsopen=430 fsconfig=431 fsmount=432
fspick=433 swapon=224 swapoff=225 quotactl=60 quotactl_fd=443 fanotify_init=262 fanotify_mark=263
inotify_init1=26 inotify_add_watch=27 flock=32 bpf=280 perf_event_open=241 userfaultfd=282 keyctl=219
add_key=217 request_key=218 io_uring_setup=425 io_uring_enter=426 io_uring_register=427 init_module=105
finit_module=273 delete_module=106 kexec_load=104 kexec_file_load=294 reboot=142 acct=89 syslog=116
settimeofday=170 clock_settime=112 clock_adjtime=266 adjtimex=171 sethostname=161 setdomainname=162 vhangup=58
lookup_dcookie=18 personality=92 vmsplice=75 tee=77 splice=76 io_setup=0 io_submit=2 io_destroy=1 setuid=146
setgid=144 setreuid=145 setregid=143 setresuid=147 setresgid=149 setfsuid=151 setfsgid=152 setgroups=159
capset=91 setpgid=154 setsid=157
""")

# Calls that the filter looks into.
X86_64_WATCHED = {"clone": 56, "clone3": 435, "prlimit64": 302, "ioctl": 16}
AARCH64_WATCHED = {"clone": 220, "clone3": 435, "prlimit64": 261, "ioctl": 29}
