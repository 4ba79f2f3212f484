/** The site is made by Vue, to which double braces are code. On our pages they are text, such as the templates of Helm and of Docker. */
import type { MarkdownRenderer } from 'vitepress'

/** Adds a rule for text, for code that is indented, and for code in a line; VitePress itself sees to the blocks with fences. */
export function keepBraces(md: MarkdownRenderer): void {
  md.core.ruler.push('braces', ({ tokens }) => {
    for (const token of tokens.flatMap((outer) => [outer, ...(outer.children ?? [])])) {
      if (token.type === 'code_block') token.type = 'fence'
      else if (token.type === 'code_inline') token.attrSet('v-pre', '')
      else if (token.type === 'text' && token.content.includes('{{')) {
        token.type = 'html_inline'
        token.content = md.utils.escapeHtml(token.content).replaceAll('{{', '&#123;&#123;')
      }
    }
  })
}
