// Buttons that copy the text of an element.

const SHOWN_MS = 1600;

/** The text to copy: without the newline that a `pre` ends with. */
export function copyText(text: string): string {
  return text.replace(/\n$/, "");
}

/** Bring one copy button to life; it stays hidden where the browser offers no clipboard. */
export function mount(button: HTMLButtonElement): () => void {
  const selector = button.dataset["bzCopy"] ?? "";
  const source = selector === "" ? null : document.querySelector(selector);
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (source === null || clipboard === undefined) return () => {};
  const label = button.textContent;
  let timer = 0;
  const say = (text: string): void => {
    button.textContent = text;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => { button.textContent = label; }, SHOWN_MS);
  };
  const press = (): void => {
    clipboard.writeText(copyText(source.textContent ?? "")).then(() => say("Copied"), () => say("Not allowed"));
  };
  button.addEventListener("click", press);
  button.hidden = false;
  return () => {
    window.clearTimeout(timer);
    button.removeEventListener("click", press);
  };
}

/** Give every code block of the text a copy button; returns the clean-up. */
export function mountBlocks(root: ParentNode): () => void {
  const cleanUps = [...root.querySelectorAll<HTMLElement>(".highlight:not(.doc-signature .highlight, .doc-signature) > pre")].map((block, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "bz-copy bz-copy--block";
    button.textContent = "Copy";
    button.hidden = true;
    if (block.id === "") block.id = `bz-code-${index}`;
    button.dataset["bzCopy"] = `#${block.id}`;
    block.before(button);
    const cleanUp = mount(button);
    return () => {
      cleanUp();
      button.remove();
    };
  });
  return () => cleanUps.forEach((cleanUp) => cleanUp());
}
