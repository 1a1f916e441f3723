const paths = {
  inbox: 'M3 13h4.5l1.5 3h6l1.5-3H21M5.5 5h13L21 13v5a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-5z',
  today: 'M4 6.5h16V20H4zM4 10.5h16M8.5 3.5v4M15.5 3.5v4M11 14h2v2h-2z',
  upcoming: 'M4 6.5h16V20H4zM4 10.5h16M8.5 3.5v4M15.5 3.5v4M8 14h.01M12 14h.01M16 14h.01M8 17h.01M12 17h.01',
  completed: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.3l2.8 2.8L16 9.6',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM16 16l4.5 4.5',
  history: 'M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5M12 8v4.3l3 1.8',
  trash: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5',
  transfer: 'M7.5 4v13M4 13.5 7.5 17l3.5-3.5M16.5 20V7M13 10.5 16.5 7l3.5 3.5',
  label: 'M4 4h7.5L20 12.5 12.5 20 4 11.5zM8 8h.01',
  list: 'M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4 6.5h.01M4 12h.01M4 17.5h.01',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6 6 18',
  more: 'M5.5 12h.01M12 12h.01M18.5 12h.01',
  menu: 'M4 7h16M4 12h16M4 17h16',
  check: 'M6 12.5l4 4 8-9',
  chevron: 'M9 6l6 6-6 6',
  grip: 'M9.5 6h.01M14.5 6h.01M9.5 12h.01M14.5 12h.01M9.5 18h.01M14.5 18h.01',
  repeat: 'M5 11V9.5A2.5 2.5 0 0 1 7.5 7H18M15 4l3 3-3 3M19 13v1.5a2.5 2.5 0 0 1-2.5 2.5H6M9 20l-3-3 3-3',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4',
  note: 'M5 7h14M5 12h14M5 17h8',
  flag: 'M6 21V4M6 5h11l-2.5 4L17 13H6',
  subtask: 'M6 4v9a3 3 0 0 0 3 3h4M18.5 16a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  undo: 'M8.5 5 4.5 9l4 4M5 9h9a5.5 5.5 0 0 1 0 11h-3',
  help: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.8h.01',
  archive: 'M4 5h16v4H4zM5.5 9v10h13V9M10 13h4',
  file: 'M7 3.5h7l4 4V20.5H7zM14 3.5v4h4',
};

export type IconName = keyof typeof paths;

/** Drawn with points, which need a thicker pen. */
const dotted: ReadonlySet<string> = new Set(['more', 'grip']);

/** Beside a text that says the same, so assistive technology skips it. */
export const Icon = ({ name, className = '' }: { name: IconName; className?: string }) => (
  <svg className={`icon ${dotted.has(name) ? 'is-dots' : ''} ${className}`} viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
);

export const Mark = () => (
  <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="9" />
    <path d="m9.5 16.5 4.6 4.6 8.6-9.6" />
  </svg>
);
