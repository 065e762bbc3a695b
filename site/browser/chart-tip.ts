// What lies under the pointer, or under the arrow keys, in words.

export interface Tip {
  readonly show: (title: string, lines: readonly string[], x: number, y: number) => void;
  readonly hide: () => void;
}

/** A box inside `host` that is read out when it changes. */
export function tip(host: HTMLElement): Tip {
  const box = document.createElement("div");
  box.className = "bz-chart-tip";
  box.setAttribute("role", "status");
  box.hidden = true;
  host.append(box);
  return {
    show: (title, lines, x, y) => {
      const head = document.createElement("b");
      head.textContent = title;
      box.replaceChildren(head, ...lines.map((line) => {
        const span = document.createElement("span");
        span.textContent = line;
        return span;
      }));
      box.hidden = false;
      // Kept inside the chart, on the side with more room.
      const left = x > host.clientWidth / 2 ? x - box.offsetWidth - 14 : x + 14;
      box.style.left = `${Math.max(0, Math.min(left, host.clientWidth - box.offsetWidth))}px`;
      box.style.top = `${Math.max(0, y - box.offsetHeight / 2)}px`;
    },
    hide: () => { box.hidden = true; },
  };
}
