/** The anchors of headings in Markdown, as GitHub makes them: links have the same targets there and on the documentation site. */

/**
 * The anchor of one heading.
 * @param heading its text, without the marks of Markdown
 */
export function createAnchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '')
    .replaceAll(' ', '-')
}
