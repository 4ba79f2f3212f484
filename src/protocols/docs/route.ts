/** Describes the routes of a listener, for programs (`/openapi.json`) and for readers (`/docs`). */
import { readPackagedFile } from '../../packaged-file.ts'
import { DOCS_PATH, OPENAPI_PATH } from '../own-paths.ts'
import { createFileRoute } from '../page-file.ts'
import type { Route } from '../route.ts'

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

/**
 * Makes the routes of the document, the page, and the files of the page.
 * @param document the OpenAPI document of the listener
 */
export function createDocsRoutes(document: object): Route[] {
  return [
    createFileRoute(OPENAPI_PATH, OPENAPI_PATH, 'application/json', JSON.stringify(document)),
    createFileRoute(DOCS_PATH, DOCS_PATH, 'text/html', PAGE),
    createFileRoute(DOCS_PATH, `${DOCS_PATH}/start.js`, 'text/javascript', START),
    ...['swagger-ui.css', 'swagger-ui-bundle.js'].map((name) =>
      createFileRoute(
        DOCS_PATH,
        `${DOCS_PATH}/${name}`,
        name.endsWith('.css') ? 'text/css' : 'text/javascript',
        readPackagedFile(`dist/swagger-ui/${name}`)
      )
    )
  ]
}
