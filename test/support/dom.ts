import { JSDOM } from 'jsdom'

/** As much of the DOM as tests look at. */
export interface DomNode {
  textContent: string | null
  value?: string
  attributes: Iterable<{ name: string; value: string }>
  getAttribute(name: string): string | null
  querySelector(selector: string): DomNode | null
  querySelectorAll(selector: string): ArrayLike<DomNode> & Iterable<DomNode>
}

export const parseHtml = (text: string): DomNode =>
  (new JSDOM(text, { url: 'http://localhost/' }) as unknown as { window: { document: DomNode } }).window
    .document

/** The words that a reader sees, with one space between elements and words. */
export function wordsOf(root: DomNode | null): string {
  const leaves = (node: unknown): string[] => {
    const { childNodes, nodeValue } = node as { childNodes: Iterable<unknown>; nodeValue: string | null }
    return nodeValue !== null ? [nodeValue] : [...childNodes].flatMap(leaves)
  }
  return root ? leaves(root).join(' ').replace(/\s+/g, ' ').trim() : ''
}
