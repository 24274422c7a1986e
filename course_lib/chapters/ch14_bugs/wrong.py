"""Nine optimizers with one wrong line each, as found in notes, beside the methods that they were meant to be.

In each `update` the wrong line is the one under the comment.
"""

from __future__ import annotations

import numpy as np

from course_lib.optim import AdaGrad, Adam, Momentum, RMSProp


class Uphill(Momentum):
    """Momentum whose velocity, a sum of gradients, is added."""

    def update(self, x, dx, v):
        v *= self.rho
        v += dx
        # wrong:
        x += self.lr * v


class Discarded(Momentum):
    """Momentum whose velocity is kept and never used."""

    def update(self, x, dx, v):
        v *= self.rho
        v += dx
        # wrong:
        x += -self.lr * dx


class Mixed(Momentum):
    """Momentum with the velocity of one convention and the step of the other."""

    def update(self, x, dx, v):
        v *= self.rho
        v -= self.lr * dx
        # wrong:
        x -= self.lr * v


class RunningMean(Momentum):
    """Momentum with a mean in place of the sum, at the rate that was meant for the sum."""

    def update(self, x, dx, v):
        v *= self.rho
        # wrong:
        v += (1 - self.rho) * dx
        x -= self.lr * v


class AddedToItself(RMSProp):
    """RMSProp whose mean of squares is added to itself."""

    def update(self, x, dx, s):
        # wrong:
        s += self.decay * s + (1 - self.decay) * dx * dx
        x -= self.lr * dx / (np.sqrt(s) + self.eps)


class PresentGradient(AdaGrad):
    """AdaGrad that divides by the size of the present gradient."""

    def update(self, x, dx, s):
        s += dx * dx
        # wrong:
        x -= self.lr * dx / (np.abs(dx) + self.eps)


class NoCorrection(Adam):
    """Adam whose moments start at zero, and are not corrected for it."""

    def update(self, x, dx, m, v):
        m *= self.beta1
        m += (1 - self.beta1) * dx
        v *= self.beta2
        v += (1 - self.beta2) * dx * dx
        # wrong:
        x -= self.lr * m / (np.sqrt(v) + self.eps)


class OneCorrection(Adam):
    """Adam that corrects its first moment, and forgets the second."""

    def update(self, x, dx, m, v):
        m *= self.beta1
        m += (1 - self.beta1) * dx
        v *= self.beta2
        v += (1 - self.beta2) * dx * dx
        m_hat = m / (1 - self.beta1**self.t)
        # wrong:
        x -= self.lr * m_hat / (np.sqrt(v) + self.eps)


class PastedLine(Adam):
    """Adam with RMSProp's last line: the first moment is computed and never used."""

    def update(self, x, dx, m, v):
        m *= self.beta1
        m += (1 - self.beta1) * dx
        v *= self.beta2
        v += (1 - self.beta2) * dx * dx
        v_hat = v / (1 - self.beta2**self.t)
        # wrong:
        x -= self.lr * dx / (np.sqrt(v_hat) + self.eps)
