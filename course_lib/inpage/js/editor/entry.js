/* course.editor: a text area becomes an editor of Python. It keeps its text, its selection and the focus. */
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { Decoration, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { highlightCode, tagHighlighter, tags } from "@lezer/highlight";

/** Pygments' names of classes, so that code looks as everywhere in the book. */
const colours = tagHighlighter([
  { tag: tags.keyword, class: "k" },
  { tag: [tags.bool, tags.null, tags.self], class: "kc" },
  { tag: tags.operatorKeyword, class: "ow" },
  { tag: tags.operator, class: "o" },
  { tag: tags.string, class: "s" },
  { tag: tags.number, class: "m" },
  { tag: [tags.lineComment, tags.comment], class: "c1" },
  { tag: tags.function(tags.definition(tags.variableName)), class: "nf" },
  { tag: tags.definition(tags.className), class: "nc" },
  { tag: [tags.punctuation, tags.bracket, tags.separator], class: "p" },
]);

/* Tab indents once the reader has clicked into the text or typed. After Escape, and for whoever has only come by on the
   way through the page, it leads on. */
const MODIFIERS = ["Tab", "Escape", "Shift", "Control", "Alt", "Meta"];
const tab = EditorView.domEventObservers({
  focus: (_, view) => view.setTabFocusMode(true),
  click: (_, view) => view.setTabFocusMode(false),
  keydown: (event, view) => MODIFIERS.includes(event.key) || view.setTabFocusMode(false),
});
const leave = (view) => {
  view.setTabFocusMode(true);
  return true;
};

/* A line that is wrapped goes on two columns further in than it begins, so that it does not read as a line of its own. */
const hanging = EditorView.decorations.compute(["doc"], ({ doc }) => {
  const lines = Array.from({ length: doc.lines }, (_, i) => doc.line(i + 1));
  return Decoration.set(
    lines.map(({ from, text }) => {
      const columns = text.search(/\S|$/) + 2;
      const style = `margin-left: ${columns}ch; text-indent: -${columns}ch`;
      return Decoration.line({ attributes: { style } }).range(from);
    }),
  );
});

/** Make an editor in the place of a text area.
    label, description: for screen readers; changed: called after each change; entered: by Shift- or Ctrl-Enter;
    passing: whether Tab leads on at first. */
function editor(area, { label, description, changed, entered, passing }) {
  const run = () => {
    entered();
    return true;
  };
  const focused = document.activeElement === area;
  const view = new EditorView({
    state: EditorState.create({
      doc: area.value,
      selection: { anchor: area.selectionStart, head: area.selectionEnd },
      extensions: [
        keymap.of([
          { key: "Shift-Enter", run },
          { key: "Mod-Enter", run },
          { key: "Ctrl-Enter", run },
          { key: "Escape", run: leave },
          indentWithTab,
          ...historyKeymap,
          ...defaultKeymap,
        ]),
        lineNumbers(),
        history(),
        indentOnInput(),
        indentUnit.of("    "),
        bracketMatching(),
        pythonLanguage,
        syntaxHighlighting(colours),
        EditorView.lineWrapping,
        hanging,
        EditorView.contentAttributes.of({
          "aria-label": label,
          "aria-description": description,
          autocapitalize: "off",
          autocorrect: "off",
          spellcheck: "false",
        }),
        EditorView.updateListener.of((update) => update.docChanged && changed()),
        tab,
      ],
    }),
  });
  area.replaceWith(view.dom);
  if (focused) view.focus();
  view.setTabFocusMode(Boolean(passing));
  return {
    get text() {
      return view.state.doc.toString();
    },
    /** Replace the whole text, as one change that can be undone. */
    set text(text) {
      const changes = { from: 0, to: view.state.doc.length, insert: text };
      view.dispatch({ changes, annotations: isolateHistory.of("full") });
    },
    select(from, to) {
      view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
    },
    focus: () => view.focus(),
  };
}

/** Write code into an element, in the same colours. */
editor.paint = (element, code) => {
  element.replaceChildren();
  const put = (text, classes) =>
    element.append(
      classes ? Object.assign(document.createElement("span"), { className: classes, textContent: text }) : text,
    );
  highlightCode(code, pythonLanguage.parser.parse(code), colours, put, () => element.append("\n"));
};

globalThis.course.editor = editor;
