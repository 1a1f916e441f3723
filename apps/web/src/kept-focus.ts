import { useEffect } from 'react';

/** What comes over the page for a while. It gives the focus back to the page when it goes. */
const ABOVE = '[role=dialog],[role=alertdialog],[role=menu],.toaster';
const FOCUSABLE = 'a[href],button,input,select,textarea,[tabindex]';
const IN_ORDER = FOCUSABLE.split(',')
  .map((each) => `${each}:not([tabindex="-1"])`)
  .join();

const canFocus = (element: HTMLElement) => element.isConnected && !element.matches(':disabled') && element.checkVisibility();

/** Where a part of the page ends. When all of it changes, as with another view, no place in it is near to the former one. */
const PARTS = 'main,aside,.side,.shell,body';

/** The element and what is around it in its part of the page, inside first. */
function pathOf(element: HTMLElement): HTMLElement[] {
  const path = [element];
  for (let at = element.parentElement; at && !at.matches(PARTS); at = at.parentElement) path.push(at);
  return path;
}

/** The first of these that takes the focus, or holds something that does. */
function nearest(path: HTMLElement[]): HTMLElement | undefined {
  for (const element of path) {
    if (element.matches(FOCUSABLE) && canFocus(element)) return element;
    const inside = element.isConnected ? [...element.querySelectorAll<HTMLElement>(IN_ORDER)].find(canFocus) : undefined;
    if (inside) return inside;
  }
  return undefined;
}

/**
 * A control that goes when it is pressed takes the focus with it, and the keyboard would begin at the top of the page again. This gives the focus to what is
 * nearest to where it was. Who touches the screen needs none, and a field would open the keyboard of the screen.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let held: HTMLElement | null = null;
    let path: HTMLElement[] = [];
    let isTouched = false;
    let frame = 0;

    const onFocus = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement)) return;
      held = target;
      if (!target.closest(ABOVE)) path = pathOf(target);
    };
    const restore = () => {
      if (document.activeElement !== document.body || !held) return;
      // Somebody has pressed on the page beside all controls.
      if (canFocus(held)) path = [];
      else if (!isTouched && !document.querySelector('[role=dialog],[role=alertdialog]')) nearest(path)?.focus({ preventScroll: true });
    };
    // Dialogs and lists return the focus themselves, in the next frame.
    const check = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        frame = requestAnimationFrame(restore);
      });
    };
    const onPointer = ({ pointerType }: PointerEvent) => {
      isTouched = pointerType === 'touch';
    };
    const onKey = () => {
      isTouched = false;
    };

    const observer = new MutationObserver(() => held && !held.isConnected && check());
    observer.observe(document.body, { childList: true, subtree: true });
    addEventListener('focusin', onFocus);
    addEventListener('focusout', check);
    addEventListener('pointerdown', onPointer, true);
    addEventListener('keydown', onKey, true);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      removeEventListener('focusin', onFocus);
      removeEventListener('focusout', check);
      removeEventListener('pointerdown', onPointer, true);
      removeEventListener('keydown', onKey, true);
    };
  }, []);
}
