/** What the routes of a listener are, for programs (`/openapi.json`) and for readers (`/docs`). */
import { createHash } from 'node:crypto'
import type Router from '@koa/router'
import { createDocument, type DocumentOptions } from '../openapi/document.ts'
import { readPackagedFile } from '../packaged-file.ts'
import { DOCS_PATH, OPENAPI_PATH } from '../protocols/own-paths.ts'
import type { AppMiddleware, RequestState } from '../server/request-state.ts'

/** Paths in it start beside the page, so that it works behind a prefix too. */
const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>txtoken</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
`

const START = `SwaggerUIBundle({
  url: 'openapi.json',
  domNode: document.getElementById('page'),
  deepLinking: true,
  validatorUrl: null
})
`

const HEADERS = {
  // Nothing from elsewhere, and nothing that stands in the page itself.
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-cache',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff'
}

export type AddDocs = (router: Router<RequestState>, options: DocumentOptions) => void

/** Adds the document, the page and the files of the page. */
export const addDocsRoutes: AddDocs = function addDocsRoutes(router, options) {
  const document = JSON.stringify(createDocument(options))
  router.get(OPENAPI_PATH, createFileRoute(OPENAPI_PATH, 'application/json', document))
  const files = [
    ['', 'text/html', PAGE],
    ['/start.js', 'text/javascript', START],
    ...['swagger-ui.css', 'swagger-ui-bundle.js'].map((name) => [
      `/${name}`,
      name.endsWith('.css') ? 'text/css' : 'text/javascript',
      readPackagedFile(`dist/swagger-ui/${name}`)
    ])
  ] as const
  for (const [name = '', type = '', text = ''] of files) {
    router.get(DOCS_PATH + name, createFileRoute(DOCS_PATH, type, text))
  }
}

function createFileRoute(route: string, type: string, text: string): AppMiddleware {
  const body = Buffer.from(text)
  const headers = {
    ...HEADERS,
    'Content-Type': `${type}; charset=utf-8`,
    ETag: `"${createHash('sha256').update(body).digest('base64url')}"`
  }

  return function serveFile(context) {
    context.state.route = route
    context.status = 200
    context.set(headers)
    if (context.fresh) context.status = 304
    else context.body = body
  }
}
