"""One zygote for each tier this machine can give, started when first asked for."""

import pytest

from course_attn.grading.sandbox import isolation
from course_attn.grading.sandbox.remote import RemoteStudent, Zygote


@pytest.fixture(scope="package", params=["A", "B"])
def zygote(request):
    if not isolation.can(request.param):
        pytest.skip(f"this machine cannot give tier {request.param}")
    zygote = Zygote(request.param)
    yield zygote
    zygote.close()


@pytest.fixture
def answer(zygote):
    """Make a student from source; its worker is gone at the end."""
    made = []

    def make(source, parameters=("x",), deadline=10.0):
        made.append(RemoteStudent(zygote, source, "f.py", "f", parameters, deadline))
        return made[-1]

    yield make
    for student in made:
        student.close()
