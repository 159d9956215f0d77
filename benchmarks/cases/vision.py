"""A training step of a small vision transformer beside timm's: 32 x 32 images, patches of 4, width 128, depth 6."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.harness import OURS, Call, Case, Target, default_linears
from benchmarks.peers import use_peers
from course_attn.vision.vit import ViT

BATCH, CLASSES = 64, 10


def models() -> tuple[ViT, nn.Module]:
    """Ours and timm's, with the same weights."""
    use_peers()
    from timm.models.vision_transformer import VisionTransformer

    torch.manual_seed(0)
    theirs = VisionTransformer(
        img_size=32, patch_size=4, embed_dim=128, depth=6, num_heads=4, mlp_ratio=4.0, num_classes=CLASSES
    )
    ours = ViT(32, 4, 3, 128, 4, 6, 512, CLASSES)
    with torch.no_grad():
        ours.embed.project.weight.copy_(theirs.patch_embed.proj.weight.flatten(1))
        ours.embed.project.bias.copy_(theirs.patch_embed.proj.bias)
        ours.class_token.copy_(theirs.cls_token)
        ours.positions.table.copy_(theirs.pos_embed.view_as(ours.positions.table))
    ours.norm.load_state_dict(theirs.norm.state_dict())
    ours.head.load_state_dict(theirs.head.state_dict())
    for mine, other in zip(ours.blocks, theirs.blocks, strict=True):
        mine.attention.qkv.load_state_dict(other.attn.qkv.state_dict())
        mine.attention.output.load_state_dict(other.attn.proj.state_dict())
        mine.feed_forward.inner.load_state_dict(other.mlp.fc1.state_dict())
        mine.feed_forward.outer.load_state_dict(other.mlp.fc2.state_dict())
        mine.around_attention.norm.load_state_dict(other.norm1.state_dict())
        mine.around_feed_forward.norm.load_state_dict(other.norm2.state_dict())
    return ours, theirs


def step(model: nn.Module, loss_of: Callable[[nn.Module], Tensor], bf16: bool) -> Call:
    """One step of AdamW; returns the loss before it."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def call() -> Any:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            loss = loss_of(model)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return call


def training_step() -> dict[str, Call]:
    """float32 and bfloat16, ours also with torch's default linears."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(BATCH, 3, 32, 32, generator=generator)
    labels = torch.randint(CLASSES, (BATCH,), generator=generator)

    def loss_of(model: nn.Module) -> Tensor:
        return F.cross_entropy(model(images).float(), labels)

    found: dict[str, Call] = {}
    for suffix, bf16 in (("", False), (" bf16", True)):
        ours, theirs = models()
        found[OURS + suffix] = step(ours, loss_of, bf16)
        found["timm" + suffix] = step(theirs, loss_of, bf16)
    found[f"{OURS}, default linears"] = default_linears(step(models()[0], loss_of, False))
    return found


def cases() -> list[Case]:
    """One case, with the losses of the first step compared."""
    plain = f"{OURS}, default linears"
    targets = [
        Target(["timm"], 1.0, 0.68),
        Target([plain], 0.40, ours=f"{OURS} bf16"),
        Target(["timm bf16"], 0.55, ours=f"{OURS} bf16"),
    ]
    return [Case("vit training step", training_step, targets, 1e-5, same=["timm", plain])]
