// A button that copies the address of the list as it is narrowed now.

const SHOWN_MS = 1600;

/** Bring the button to life; it stays hidden where the browser offers no clipboard. */
export function mount(button: HTMLButtonElement): () => void {
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (clipboard === undefined) return () => {};
  const label = button.textContent;
  let timer = 0;
  const say = (text: string): void => {
    button.textContent = text;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => { button.textContent = label; }, SHOWN_MS);
  };
  const press = (): void => {
    const address = location.href.replace(/#.*$/, "") + (button.dataset["bzShare"] ?? "");
    clipboard.writeText(address).then(() => say("Copied"), () => say("Not allowed"));
  };
  button.addEventListener("click", press);
  button.hidden = false;
  return () => {
    window.clearTimeout(timer);
    button.removeEventListener("click", press);
  };
}
