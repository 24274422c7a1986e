/* The page's side of Python in the page: a worker from a Blob, so that it starts from disk, too. It is ended, and begun
   again at the next question, if it shows no sign of life. */
(() => {
  const course = globalThis.course;
  const SILENCE = 6000, // milliseconds without a sign of life, after which the worker hangs
    SECONDS = 3, // of the reader's own time: LIMIT in course_lib/exercises/checking.py
    POLICY = "This site's policy forbids Python in the page. In JupyterLab or Colab it works.";
  const FORBIDDEN = /\bunsafe-eval\b|Content.Security.Policy/i; // what browsers say of a program made of text
  let starting = null; // a promise of a function that asks the worker

  const refused = () => Object.assign(new Error(POLICY), { policy: true });

  /** A worker, as {ask, end}: `ask(message)` is a promise of its answer. */
  function employ(source, ended) {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address),
      waiting = new Map(); // number of a question → who waits for the answer
    let count = 0,
      heard = performance.now();

    function end(error) {
      worker.terminate();
      URL.revokeObjectURL(address);
      for (const { failed } of waiting.values()) failed(error);
      waiting.clear();
      ended(); // the next question starts another
    }
    function expect(id, patient) {
      return new Promise((done, failed) => {
        const one = { done, failed };
        waiting.set(id, one);
        heard = performance.now();
        (function watch() {
          if (patient || waiting.get(id) !== one) return;
          const left = heard + SILENCE - performance.now();
          if (left > 0) return setTimeout(watch, left);
          const [oldest] = waiting.values(); // it hangs; the others have not begun
          waiting.delete(waiting.keys().next().value);
          end(Object.assign(new Error("Python was ended."), { again: true }));
          oldest.failed(Object.assign(new Error("Python did not come to an end."), { hung: true }));
        })();
      });
    }
    worker.onmessage = ({ data }) => {
      heard = performance.now();
      const one = waiting.get(data.id);
      waiting.delete(data.id);
      if (data.failed) one?.failed(FORBIDDEN.test(data.failed) ? refused() : new Error(data.failed));
      else one?.done(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      const text = event.message ?? ""; // none where the policy forbids the worker itself
      end(!text || FORBIDDEN.test(text) ? refused() : new Error(`Python has stopped: ${text}`));
    };
    const ask = (message) => {
      const answer = expect(++count, false);
      worker.postMessage({ ...message, id: count });
      return answer;
    };
    return { ask, ready: expect(0, true) }; // it begins by answering question 0
  }

  async function start() {
    if (!course.pythonSource) await course.load("python.js");
    const { ask, ready } = employ(course.pythonSource, () => {
      starting = null;
    });
    await ready;
    return ask;
  }

  /** Start Python, unless it runs already. */
  function begin() {
    starting ??= start().catch((error) => {
      starting = null;
      throw error;
    });
    return starting;
  }

  /** Ask Python: a promise of its answer to {kind, …}. */
  const send = async (message) => (await begin())(message);

  /** Check a text: a promise of {status, paragraphs, diagnoses, printed, html, stages}: html says all,
      stages what a first, a second, a third check in a row with the same mistake says. */
  async function check(exercise, text, seconds = SECONDS) {
    try {
      return await send({ kind: "check", exercise, text, seconds });
    } catch (error) {
      if (error.again) return check(exercise, text, seconds);
      if (!error.hung) throw error;
      begin().catch(() => {}); // for the next check
      return timeout(exercise.name, seconds);
    }
  }

  /** What the engine says of an endless loop, where no line is known: not even a check at every line could stop it. */
  function timeout(name, seconds) {
    const paragraphs = [
      `Your function had not come to an end after ${seconds} seconds, so it was stopped.`,
      "Does it add up a range, or make an array, that is far too long?",
    ];
    const html =
      `<div class="course-check" data-status="TIMEOUT"><p><strong>TIMEOUT</strong> · ${name}</p>` +
      `${paragraphs.map((text) => `<p>${text}</p>`).join("")}</div>`;
    return { status: "TIMEOUT", paragraphs, diagnoses: [], printed: "", html };
  }

  /** Let Python run the known mistakes of an exercise while its reader writes. */
  const prepare = (exercise) => send({ kind: "prepare", exercise });

  course.inpage = { begin, send, prepare, check };
})();
