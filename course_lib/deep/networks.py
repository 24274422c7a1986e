"""Two convolutional networks to transfer from: a small one for letters and digits, and ResNet-18 for photographs.

They are plain torch modules, so all of torch works on them: `net.to("cuda")`, `net.eval()`, `net.state_dict()`.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.validation import check_count

SIDE = 16  # pixels of the image that the small network sees, along one side
#: Mean and standard deviation of each colour, to normalize photographs for ResNet-18's published weights.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Network(Protocol):
    """The interface that transfer learning needs: scores = head(features(x)).

    Attributes:
        head: the last layer, which depends on the classes; assign another one to transfer the rest.
        stages: (name, module) from the input to the head; together they hold every parameter, each once.
    """

    head: nn.Module

    @property
    def stages(self) -> list[tuple[str, nn.Module]]: ...

    def features(self, x: Tensor) -> Tensor: ...

    def __call__(self, x: Tensor) -> Tensor: ...


class SmallCNN(nn.Module):
    """Classify small grey images: four convolutions with batch norm, 128 features, 196,384 weights below the head.

    x, 16×16 → [conv 3×3 → batch norm → ReLU]² → pool → the same again → W·x + b → ReLU, features → head, scores

    Images have shape `(N, 1, height, width)`, up to 16×16 pixels; they are resized to 16×16 (bilinear).

    Args:
        classes: number of classes, ≥ 1.
        generator: draws the initial weights, as He et al. do; torch's global one unless given.

    >>> net = SmallCNN(10).eval()
    >>> x = torch.zeros(5, 1, 8, 8)
    >>> net.features(x).shape, net(x).shape
    (torch.Size([5, 128]), torch.Size([5, 10]))
    >>> [name for name, module in net.stages]
    ['conv1', 'conv2', 'conv3', 'conv4', 'embed', 'head']
    >>> net.head = nn.Linear(128, 26)  # for other classes
    >>> net(x).shape
    torch.Size([5, 26])

    Source: after Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, 2015;
    He, Zhang, Ren and Sun, Delving deep into rectifiers: Surpassing human-level performance on ImageNet
    classification, 2015.
    """

    def __init__(self, classes: int, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        classes = check_count("classes", classes)
        self.conv1 = _layer(1, 32)
        self.conv2 = _layer(32, 32)
        self.conv3 = _layer(32, 64)
        self.conv4 = _layer(64, 64)
        self.embed = nn.Sequential(nn.Flatten(), nn.Linear(64 * (SIDE // 4) ** 2, 128), nn.ReLU())
        self.head = nn.Linear(128, classes)
        _draw(self, generator)

    @property
    def stages(self) -> list[tuple[str, nn.Module]]:
        """The layers by name, from the input to the head."""
        return list(self.named_children())

    def features(self, x: Tensor) -> Tensor:
        """Compute the 128 features that the head receives, shape (N, 128)."""
        _check_images(x, 1)
        if max(x.shape[2:]) > SIDE:
            raise ValueError(f"x must be images of at most {SIDE}×{SIDE} pixels, not {x.shape[2]}×{x.shape[3]}")
        x = F.interpolate(x, (SIDE, SIDE), mode="bilinear")
        x = F.max_pool2d(self.conv2(self.conv1(x)), 2)
        x = F.max_pool2d(self.conv4(self.conv3(x)), 2)
        return self.embed(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


class BasicBlock(nn.Module):
    """Add the output of two convolutions to x.

    y = ReLU(x + F(x)),  F = conv 3×3 → batch norm → ReLU → conv 3×3 → batch norm

    Where the shape changes, a 1×1 convolution with batch norm, `downsample`, maps x to the new one.

    Args:
        channels: of x.
        planes: channels of y.
        stride: y has 1/stride of the height and width of x.

    >>> BasicBlock(8, 16, stride=2)(torch.zeros(2, 8, 6, 6)).shape
    torch.Size([2, 16, 3, 3])

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.
    """

    def __init__(self, channels: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, planes, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride > 1 or channels != planes:
            projection = nn.Conv2d(channels, planes, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(planes))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        shortcut = x if self.downsample is None else self.downsample(x)
        return F.relu(shortcut + y)


class ResNet18(nn.Module):
    """Classify colour photographs: 17 convolutions in eight residual blocks, and a linear head.

    x → conv 7×7, 64 → max pool → 2 blocks each of 64, 128, 256, 512 channels → mean, features → `fc`, scores

    Parameters have the names and shapes of torchvision's `resnet18`, so weights can be exchanged. Images have shape
    `(N, 3, height, width)`. For the published weights: pixels in [0, 1], less `IMAGENET_MEAN`, divided by
    `IMAGENET_STD`; 224×224 of them, cut from the middle of a photograph whose shorter side is 256.

    Args:
        classes: number of classes, ≥ 1; the published weights have the 1,000 of ImageNet.
        generator: draws the initial weights, as He et al. do; torch's global one unless given.

    >>> net = ResNet18(classes=5).eval()
    >>> x = torch.zeros(2, 3, 64, 64)
    >>> net.features(x).shape, net(x).shape
    (torch.Size([2, 512]), torch.Size([2, 5]))
    >>> [name for name, module in net.stages]
    ['stem', 'layer1', 'layer2', 'layer3', 'layer4', 'head']

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.
    """

    def __init__(self, classes: int = 1000, *, generator: torch.Generator | None = None) -> None:
        super().__init__()
        classes = check_count("classes", classes)
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(BasicBlock(64, 64), BasicBlock(64, 64))
        self.layer2 = nn.Sequential(BasicBlock(64, 128, stride=2), BasicBlock(128, 128))
        self.layer3 = nn.Sequential(BasicBlock(128, 256, stride=2), BasicBlock(256, 256))
        self.layer4 = nn.Sequential(BasicBlock(256, 512, stride=2), BasicBlock(512, 512))
        self.fc = nn.Linear(512, classes)
        _draw(self, generator)

    @property
    def head(self) -> nn.Module:
        """The last layer, which torchvision calls fc."""
        return self.fc

    def __setattr__(self, name: str, value: object) -> None:
        # torch keeps a module under the name it is assigned to, and would bypass a property's setter.
        super().__setattr__("fc" if name == "head" else name, value)

    @property
    def stages(self) -> list[tuple[str, nn.Module]]:
        """The first convolution with its batch norm, the four layers of blocks, the head."""
        stem = nn.Sequential(self.conv1, self.bn1)
        layers = [(name, getattr(self, name)) for name in ("layer1", "layer2", "layer3", "layer4")]
        return [("stem", stem), *layers, ("head", self.head)]

    def features(self, x: Tensor) -> Tensor:
        """Compute the 512 features that the head receives, shape (N, 512)."""
        _check_images(x, 3)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x.mean(dim=(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


def _layer(channels: int, planes: int) -> nn.Sequential:
    """Return convolution, batch norm, ReLU. Batch norm's β makes a bias of the convolution pointless."""
    conv = nn.Conv2d(channels, planes, 3, padding=1, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(planes), nn.ReLU())


def _draw(net: nn.Module, generator: torch.Generator | None) -> None:
    """Draw initial weights: convolutions √(2/fan out)·N(0, 1), linear layers √(1/fan in)·N(0, 1), biases 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="linear", generator=generator)
            nn.init.zeros_(module.bias)


def _check_images(x: Tensor, channels: int) -> None:
    if not isinstance(x, Tensor):
        hint = "; write torch.from_numpy(x)" if type(x).__module__ == "numpy" else ""
        raise TypeError(f"x must be a tensor of images, not {type(x).__name__}{hint}")
    if not x.is_floating_point():
        raise TypeError(f"x must hold floats, not {x.dtype}: pixels are in [0, 1]")
    if x.ndim != 4 or x.shape[1] != channels or 0 in x.shape[2:]:
        hint = "; write x.permute(0, 3, 1, 2)" if x.ndim == 4 and x.shape[3] == channels else ""
        raise ValueError(f"x must have the shape (N, {channels}, height, width), not {tuple(x.shape)}{hint}")
