/* What the compiled Python leans on: the element-wise part of NumPy, and the twins of primitives.py.
   The algorithms themselves are not here: they are compiled from course_lib's own lines (compile.py). */
(() => {
  const course = (globalThis.course ??= {});

  const np = {
    abs: Math.abs,
    sqrt: Math.sqrt,
    exp: Math.exp,
    log: Math.log,
    log10: Math.log10,
    sin: Math.sin,
    cos: Math.cos,
    tanh: Math.tanh,
    arccos: Math.acos,
    sign: Math.sign,
    pi: Math.PI,
    inf: Infinity,
    nan: NaN,
    asarray: (a) => a,
    maximum: (a, b) => (a > b || a !== a ? a : b),
    minimum: (a, b) => (a < b || a !== a ? a : b),
    where: (condition, a, b) => (condition ? a : b),
    square: (a) => a * a,
    isfinite: Number.isFinite,
    clip: (a, low, high) => np.minimum(np.maximum(a, low), high),
    float_power: Math.pow,
    total: (a) => a.reduce((sum, x) => sum + x, 0),
    divmod: (a, b) => [Math.floor(a / b), a - b * Math.floor(a / b)],
  };

  /** An optimizer class: hyper-parameters in, an object that `descend` can run out. */
  const optimizer = (slots, defaults, update) =>
    function (hyper) {
      return { slots, update, h: { ...defaults, ...hyper } };
    };

  /** A two-dimensional surface class: its plotting window (perhaps a function of h), least value and formulas. */
  const surface = (defaults, window, lowest, f, df, d2f) =>
    function (parameters) {
      const h = { ...defaults, ...parameters };
      return {
        window: typeof window === "function" ? window(h) : window,
        lowest,
        value: ([x, y]) => f(h, x, y),
        grad: ([x, y]) => df(h, x, y),
        f: (x, y) => f(h, x, y),
        df: (x, y) => df(h, x, y),
        d2f: (x, y) => d2f(h, x, y),
      };
    };

  /** A schedule class: settings in, a function step → rate out; `schedule.rate` is that function, too. */
  const schedule = (defaults, rate) =>
    function (settings) {
      const h = { ...defaults, ...settings };
      const self = (t) => rate(h, t);
      self.rate = self;
      return self;
    };

  /** The rate of a schedule, or of what stands for one: a number. */
  const rate_of = (a, t) => (typeof a === "function" ? a(t) : a);

  /** An elementwise penalty class: its gradient and its proximal step, of a number or of a list of them. */
  const penalty = (defaults, grad, prox) =>
    function (settings) {
      const h = { ...defaults, ...settings };
      const each =
        (f) =>
        (w, ...rest) =>
          Array.isArray(w) ? w.map((v) => f(h, v, ...rest)) : f(h, w, ...rest);
      return { grad: each(grad), prox: each(prox) };
    };

  /** One step after another of an optimizer: a function gradient → the point, which it changes in place.
      It makes as few objects as it can, for speed. */
  function walk(method, start) {
    const h = { ...method.h },
      rate = method.h.lr,
      x = Array.from(start, Number),
      slots = x.map(() => method.slots.map(() => 0));
    let t = 0;
    return (dx) => {
      h.lr = rate_of(rate, t);
      h.t = ++t;
      for (let i = 0; i < x.length; i++) {
        const answer = method.update(h, x[i], dx[i], ...slots[i]);
        x[i] = answer[0];
        for (let k = 1; k < answer.length; k++) slots[i][k - 1] = answer[k];
      }
      return x;
    };
  }

  /** The points x_0 … x_steps, as descend() in course_lib.optim, on a surface or a function x → ∇f(x), of any number of
      coordinates. */
  function descend(f, method, start, steps) {
    const grad = typeof f === "function" ? f : f.grad,
      step = walk(method, start),
      path = [start.map(Number)];
    for (let t = 1; t <= steps; t++) path.push(step(grad(path[t - 1])).slice());
    return path;
  }

  const trace = (f, method, start, steps) => {
    const path = descend(f, method, start, steps);
    return {
      x: path.map((p) => p[0]),
      y: path.map((p) => p[1]),
      loss: path.map((p) => np.maximum(f.value(p) - f.lowest, 0)),
    };
  };

  const linspace = (low, high, n) =>
    Array.from({ length: n }, (_, i) => (i === n - 1 ? high : low + i * ((high - low) / (n - 1))));

  const mesh = (f, xs, ys, ...rest) => ys.map((y) => xs.map((x) => f(x, y, ...rest)));

  /** The values of a surface over a window, for a contour mark. */
  const field = (f, window, n) => ({
    x: window[0],
    y: window[1],
    z: mesh(f.f, linspace(...window[0], n), linspace(...window[1], n)),
    lowest: f.lowest,
  });

  const tuned = (method, lr, rho) => ({ ...method, h: { ...method.h, lr, rho } });

  const plane = (height, window, lowest) => {
    const h = 1e-5;
    const df = ([x, y]) => [
      (height(x + h, y) - height(x - h, y)) / (2 * h),
      (height(x, y + h) - height(x, y - h)) / (2 * h),
    ];
    return { window, lowest, value: ([x, y]) => height(x, y), grad: df, f: height };
  };

  /** A bijection of 32-bit integers that scatters neighbours (MurmurHash3's last step). */
  const mix = (z) => {
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };

  /** As in primitives.py, bit for bit. */
  const uniforms = (seed, n) => {
    const start = mix(seed >>> 0),
      stride = (mix((seed + 0x9e3779b9) >>> 0) | 1) >>> 0;
    return Array.from({ length: n }, (_, i) => (mix((start + Math.imul(i + 1, stride)) >>> 0) + 0.5) / 4294967296);
  };

  const normals = (seed, n) => {
    const u = uniforms(seed, 2 * n);
    return Array.from(
      { length: n },
      (_, i) => Math.sqrt(-2 * Math.log(u[2 * i])) * Math.cos(2 * Math.PI * u[2 * i + 1]),
    );
  };

  /** The product of two matrices, each a list of rows; the innermost loop runs along rows, as they lie in memory. */
  const matmul = (a, b) => {
    const n = b[0].length,
      sum = new Float64Array(n);
    return a.map((row) => {
      sum.fill(0);
      for (let k = 0; k < row.length; k++) {
        const factor = row[k],
          other = b[k];
        for (let j = 0; j < n; j++) sum[j] += factor * other[j];
      }
      return Array.from(sum);
    });
  };

  const transpose = (a) => a[0].map((_, j) => a.map((row) => row[j]));

  /** A function of each entry of a matrix and of the same of another one, or of a row. */
  const each = (f, a, b) =>
    a.map((row, i) => {
      const other = Array.isArray(b[0]) ? b[i] : b;
      return row.map((v, j) => f(v, other[j]));
    });

  Object.assign(course, {
    np,
    optimizer,
    surface,
    schedule,
    rate_of,
    penalty,
    descend,
    trace,
    linspace,
    mesh,
    field,
    tuned,
    plane,
    uniforms,
    normals,
    walk,
    matmul,
    transpose,
    each,
    experiments: {},
    tables: {},
    assets: {},
  });
})();
