import { Parser } from 'htmlparser2';

const blocks = /^(address|article|aside|blockquote|br|dd|div|dl|dt|figure|footer|form|h[1-6]|header|hr|li|main|ol|p|pre|section|table|tr|ul)$/;
const unseen = /^(head|script|style|template|title)$/;

/** The text of HTML as a reader sees it: one line for each block, "- " before list items, the address of a link behind it. */
export function htmlToText(html: string): string {
  let text = '';
  let hidden = 0;
  const links: { href: string; from: number }[] = [];
  const breakLine = () => {
    text = text.replace(/[ \t]+$/, '');
    if (text !== '' && !text.endsWith('\n')) text += '\n';
  };
  const parser = new Parser({
    onopentag(name, { href = '', 'data-checked': checked }) {
      if (unseen.test(name)) hidden += 1;
      if (name === 'br') text += '\n';
      else if (blocks.test(name)) breakLine();
      if (name === 'li') text += checked === undefined ? '- ' : checked === 'true' ? '- [x] ' : '- [ ] ';
      if (name === 'a') links.push({ href, from: text.length });
    },
    ontext(part) {
      if (hidden > 0) return;
      const plain = part.replace(/[\s\u00a0]+/g, ' ');
      text += text === '' || /[\s]$/.test(text) ? plain.trimStart() : plain;
    },
    onclosetag(name) {
      if (unseen.test(name)) hidden -= 1;
      if (name !== 'br' && name !== 'li' && blocks.test(name)) breakLine();
      const link = name === 'a' ? links.pop() : undefined;
      if (link && /^(https?|mailto):/.test(link.href) && text.slice(link.from).trim() !== link.href) text += ` (${link.href})`;
    },
  });
  parser.write(html);
  parser.end();
  return text.trim();
}

/** Whether a text that may be HTML has a tag. */
export const isHtml = (text: string): boolean => /<\/?(p|br|div|ul|ol|li|a|b|i|strong|em|span|h[1-6]|html|body|table|blockquote|code|pre)\b[^>]*>/i.test(text);
