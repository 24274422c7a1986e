"""Every method in one table: a row drives its tests, its entry on the reference page, and its benchmark."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from .adam import Adam, Adamax, AdamW, AMSGrad, NAdam
from .first_order import SGD, AdaGrad, CenteredRMSProp, Lion, Momentum, Nesterov, RMSProp, RMSPropMomentum
from .muon import Muon
from .optimizer import Optimizer
from .schedule_free import ScheduleFreeAdamW, ScheduleFreeSGD
from .second_order import BFGS, LBFGS, GradientDescent, Newton, NewtonCG, SaddleFreeNewton, SecondOrder, TrustRegion
from .wrappers import SAM, Lookahead


@dataclass(frozen=True)
class Method:
    """One method: its class, its source, its defaults, and an implementation to compare it with.

    Attributes:
        cls: the class.
        paper: the citation key in the book's references.
        reference: an expression in `params` and the hyper-parameters that makes the same method, or for a
            second-order method one in `value`, `grad`, `hessian`, `start` and `tol` that finds the minimum; it
            starts with the name of its package. Empty where nobody else has the method: then a test module of its own
            must import it.
        defaults: hyper-parameters for a first try on a network of this book's size.
        test_settings: hyper-parameters other than the defaults, for tests.
    """

    cls: type[Optimizer | SecondOrder]
    paper: str
    reference: str = ""
    defaults: dict[str, Any] = field(default_factory=dict)
    test_settings: dict[str, Any] = field(default_factory=dict)

    def other(self, params: list[Any] | None = None, **values: Any) -> Any:
        """Evaluate the reference; an optimizer's takes torch tensors. Its package must be installed."""
        package = self.reference.split(".")[0]
        opt = eval(self.reference, {package: importlib.import_module(package), "params": params, **values})
        if hasattr(opt, "train"):  # Schedule-Free's has two modes
            opt.train()
        return opt


#: name → row, the simplest method first.
METHODS: dict[str, Method] = {
    "SGD": Method(
        SGD,
        paper="robbins1951",
        reference="torch.optim.SGD(params, lr=lr)",
        defaults={"lr": 0.1},
        test_settings={"lr": 0.037},
    ),
    "Momentum": Method(
        Momentum,
        paper="polyak1964",
        reference="torch.optim.SGD(params, lr=lr, momentum=rho)",
        defaults={"lr": 0.1, "rho": 0.9},
        test_settings={"lr": 0.013, "rho": 0.73},
    ),
    "Nesterov": Method(
        Nesterov,
        paper="nesterov1983",
        reference="torch.optim.SGD(params, lr=lr, momentum=rho, nesterov=True)",
        defaults={"lr": 0.1, "rho": 0.9},
        test_settings={"lr": 0.013, "rho": 0.73},
    ),
    "AdaGrad": Method(
        AdaGrad,
        paper="duchi2011",
        reference="torch.optim.Adagrad(params, lr=lr, eps=eps)",
        defaults={"lr": 0.03, "eps": 1e-8},
        test_settings={"lr": 0.13, "eps": 1e-5},
    ),
    "RMSProp": Method(
        RMSProp,
        paper="hinton2012",
        reference="torch.optim.RMSprop(params, lr=lr, alpha=decay, eps=eps)",
        defaults={"lr": 0.001, "decay": 0.99, "eps": 1e-8},
        test_settings={"lr": 0.013, "decay": 0.93, "eps": 1e-5},
    ),
    "RMSPropMomentum": Method(
        RMSPropMomentum,
        paper="graves2013",
        reference="torch.optim.RMSprop(params, lr=lr, alpha=decay, eps=eps, momentum=rho)",
        defaults={"lr": 0.001, "decay": 0.99, "rho": 0.9, "eps": 1e-8},
        test_settings={"lr": 0.013, "decay": 0.93, "rho": 0.73, "eps": 1e-5},
    ),
    "CenteredRMSProp": Method(
        CenteredRMSProp,
        paper="graves2013",
        reference="torch.optim.RMSprop(params, lr=lr, alpha=decay, eps=eps, centered=True)",
        defaults={"lr": 0.001, "decay": 0.99, "eps": 1e-8},
        test_settings={"lr": 0.013, "decay": 0.93, "eps": 1e-5},
    ),
    "Adam": Method(
        Adam,
        paper="kingma2015",
        reference="torch.optim.Adam(params, lr=lr, betas=(beta1, beta2), eps=eps)",
        defaults={"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "correct": True},
        test_settings={"lr": 0.013, "beta1": 0.83, "beta2": 0.97, "eps": 1e-5, "correct": True},
    ),
    "AdamW": Method(
        AdamW,
        paper="loshchilov2019",
        reference="torch.optim.AdamW(params, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)",
        defaults={"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01},
        test_settings={"lr": 0.013, "beta1": 0.83, "beta2": 0.97, "eps": 1e-5, "weight_decay": 0.3},
    ),
    "AMSGrad": Method(
        AMSGrad,
        paper="reddi2018",
        reference="torch.optim.Adam(params, lr=lr, betas=(beta1, beta2), eps=eps, amsgrad=True)",
        defaults={"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        test_settings={"lr": 0.013, "beta1": 0.83, "beta2": 0.97, "eps": 1e-5},
    ),
    "Adamax": Method(
        Adamax,
        paper="kingma2015",
        reference="torch.optim.Adamax(params, lr=lr, betas=(beta1, beta2), eps=eps)",
        defaults={"lr": 0.005, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        test_settings={"lr": 0.013, "beta1": 0.83, "beta2": 0.97, "eps": 1e-5},
    ),
    "NAdam": Method(
        NAdam,
        paper="dozat2016",
        reference="torch.optim.NAdam(params, lr=lr, betas=(beta1, beta2), eps=eps, momentum_decay=1e9)",
        defaults={"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        test_settings={"lr": 0.013, "beta1": 0.83, "beta2": 0.97, "eps": 1e-5},
    ),
    "Lion": Method(
        Lion,
        paper="chen2023",
        reference="pytorch_optimizer.Lion(params, lr=lr, betas=(beta1, beta2), weight_decay=weight_decay)",
        defaults={"lr": 1e-4, "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.0},
        test_settings={"lr": 0.013, "beta1": 0.83, "beta2": 0.97, "weight_decay": 0.3},
    ),
    "ScheduleFreeSGD": Method(
        ScheduleFreeSGD,
        paper="defazio2024",
        reference="schedulefree.SGDScheduleFree(params, lr=lr, momentum=beta1, weight_decay=weight_decay, "
        "warmup_steps=warmup, r=power, weight_lr_power=lr_power)",
        defaults={"lr": 0.1, "beta1": 0.9, "weight_decay": 0.0, "warmup": 1.0, "power": 0.0, "lr_power": 2.0},
        test_settings={"lr": 0.013, "beta1": 0.83, "weight_decay": 0.3, "warmup": 37.0, "power": 1.5, "lr_power": 1.2},
    ),
    "ScheduleFreeAdamW": Method(
        ScheduleFreeAdamW,
        paper="defazio2024",
        reference="schedulefree.AdamWScheduleFree(params, lr=lr, betas=(beta1, beta2), eps=eps, "
        "weight_decay=weight_decay, warmup_steps=warmup, r=power, weight_lr_power=lr_power)",
        defaults={
            "lr": 0.0025,
            "beta1": 0.9,
            "beta2": 0.999,
            "eps": 1e-8,
            "weight_decay": 0.0,
            "warmup": 1.0,
            "power": 0.0,
            "lr_power": 2.0,
        },
        test_settings={
            "lr": 0.013,
            "beta1": 0.83,
            "beta2": 0.97,
            "eps": 1e-5,
            "weight_decay": 0.3,
            "warmup": 37.0,
            "power": 1.5,
            "lr_power": 1.2,
        },
    ),
}

#: The same for wrappers, whose inner optimizer is passed beside these settings (in the reference, as `inner`), and for
#: Muon, which moves matrices alone.
COMPOUND: dict[str, Method] = {
    "Lookahead": Method(
        Lookahead,
        paper="zhang2019",
        reference="pytorch_optimizer.Lookahead(inner, k=k, alpha=alpha)",
        defaults={"k": 5, "alpha": 0.5},
        test_settings={"k": 3, "alpha": 0.7},
    ),
    "SAM": Method(
        SAM,
        paper="foret2021",
        reference="pytorch_optimizer.SAM(params, inner, rho=radius, perturb_eps=0.0)",
        defaults={"radius": 0.05},
        test_settings={"radius": 0.3},
    ),
    "Muon": Method(
        Muon,
        paper="jordan2024",
        reference="torch.optim.Muon(params, lr=lr, momentum=rho, nesterov=nesterov, weight_decay=weight_decay, "
        "eps=eps, adjust_lr_fn='match_rms_adamw' if match_adamw else 'original')",
        defaults={
            "lr": 0.02,
            "rho": 0.95,
            "nesterov": True,
            "weight_decay": 0.0,
            "eps": 1e-7,
            "match_adamw": False,
            "inputs_first": False,
        },
        test_settings={
            "lr": 0.013,
            "rho": 0.83,
            "nesterov": False,
            "weight_decay": 0.3,
            "eps": 1e-5,
            "match_adamw": True,
            "inputs_first": False,
        },
    ),
}

#: The same for methods that choose their own step length.
SECOND_ORDER: dict[str, Method] = {
    "GradientDescent": Method(GradientDescent, paper="cauchy1847", defaults={"tol": 1e-6}),
    "Newton": Method(Newton, paper="nocedal2006", defaults={"tol": 1e-6, "damping": 0.0}),
    "SaddleFreeNewton": Method(SaddleFreeNewton, paper="dauphin2014", defaults={"tol": 1e-6, "floor": 1e-8}),
    "TrustRegion": Method(
        TrustRegion,
        paper="more1983",
        reference="scipy.optimize.minimize(value, start, method='trust-exact', jac=grad, hess=hessian, "
        "options={'gtol': tol})",
        defaults={"tol": 1e-6},
    ),
    "NewtonCG": Method(
        NewtonCG,
        paper="nocedal2006",
        reference="scipy.optimize.minimize(value, start, method='Newton-CG', jac=grad, options={'xtol': tol})",
        defaults={"tol": 1e-6},
    ),
    "BFGS": Method(
        BFGS,
        paper="nocedal2006",
        reference="scipy.optimize.minimize(value, start, method='BFGS', jac=grad, options={'gtol': tol})",
        defaults={"tol": 1e-6},
    ),
    "LBFGS": Method(
        LBFGS,
        paper="nocedal1980",
        reference="scipy.optimize.minimize(value, start, method='L-BFGS-B', jac=grad, options={'gtol': tol})",
        defaults={"m": 10, "tol": 1e-6},
    ),
}
