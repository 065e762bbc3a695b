// Dates in the page are absolute; the reader's zone and the age of a figure are added here.

const DAY = 86_400_000;

/** Whole days from `then` to `now`; negative for the future. */
export function daysBetween(then: Date, now: Date): number {
  return Math.floor((now.getTime() - then.getTime()) / DAY);
}

/** "today", "1 day ago", "3 months ago", "in 2 days": the largest unit that fits. */
export function age(then: Date, now: Date): string {
  const days = daysBetween(then, now);
  const size = Math.abs(days);
  if (size === 0) return "today";
  const [count, unit] = size < 60 ? [size, "day"] : size < 730 ? [Math.floor(size / 30.44), "month"] : [Math.floor(size / 365.25), "year"];
  const text = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return days > 0 ? `${text} ago` : `in ${text}`;
}

/** The instant in the zone of the reader, with the weekday and the zone's short name. */
export function local(instant: Date, locale: string, timeZone: string | undefined): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    timeZoneName: "short", ...(timeZone === undefined ? {} : { timeZone }),
  }).format(instant);
}

function note(element: HTMLElement, text: string, className: string): HTMLElement {
  const span = document.createElement("span");
  span.className = className;
  span.textContent = ` (${text})`;
  element.append(span);
  return span;
}

/** Refine every marked `time` inside `root`; returns the clean-up. */
export function mount(root: ParentNode): () => void {
  const added: HTMLElement[] = [];
  const now = new Date();
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[data-bz-local], time[data-bz-age]")) {
    const instant = new Date(element.dateTime);
    if (Number.isNaN(instant.getTime())) continue;
    if (element.dataset["bzLocal"] !== undefined) {
      if (instant.getTimezoneOffset() !== 0) added.push(note(element, `${local(instant, "en-GB", undefined)} for you`, "bz-local"));
      continue;
    }
    const limit = Number(element.dataset["bzStaleDays"] ?? Number.POSITIVE_INFINITY);
    const days = daysBetween(instant, now);
    // Nobody measures tomorrow: either clock is wrong.
    const doubt = days > limit ? ", may be out of date" : days < -1 ? ", in the future: a clock is wrong" : "";
    added.push(note(element, age(instant, now) + doubt, doubt === "" ? "bz-local" : "bz-stale"));
  }
  return () => added.forEach((span) => span.remove());
}
