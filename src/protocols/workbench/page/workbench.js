/** The workbench in the browser. It writes text, never HTML: a token may hold anything. */

const byId = (id) => document.getElementById(id)
const message = byId('message')
const result = byId('result')
const input = byId('token')

/** Makes an element. Children are elements or texts. */
function make(name, { className = '', ...attributes } = {}, ...children) {
  const element = document.createElement(name)
  if (className !== '') element.className = className
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

function makeButton(label, act) {
  const button = make('button', { type: 'button' }, label)
  button.addEventListener('click', act)
  return button
}

/** Sends JSON to the service, which answers with JSON. Throws an Error that people can read. */
async function ask(path, options = {}) {
  let answer
  try {
    answer = await fetch(`workbench/${path}`, { cache: 'no-store', ...options })
  } catch {
    throw new Error('The service does not answer.')
  }
  const value = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(describeFailure(answer.status, value))
  return value
}

function describeFailure(status, { error, error_description: description }) {
  const why = description ?? error
  return `The service answered ${status}${why === undefined ? '' : `: ${why}`}`
}

function postJson(value, headers = {}) {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value)
  }
}

/** Writes JSON over lines. Numbers stay as they are, digit for digit, which parsing would not do. */
function indent(json) {
  let text = ''
  let depth = 0
  for (const [part] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g)) {
    if (part === '}' || part === ']') {
      depth--
      text = /[{[]\s*$/.test(text) ? text.trimEnd() : `${text}\n${'  '.repeat(depth)}`
    }
    text += part === ':' ? ': ' : part
    if (part === '{' || part === '[') depth++
    if (part === '{' || part === '[' || part === ',') text += `\n${'  '.repeat(depth)}`
  }
  return text
}

const OUTCOMES = {
  accepted: ['good', 'passes'],
  rejected: ['bad', 'rejected'],
  unavailable: ['unsure', 'cannot be checked now']
}
const RESULTS = {
  passed: 'good',
  rejected: 'bad',
  unavailable: 'unsure',
  'not its own': 'soft',
  'not reached': 'soft'
}

function showToken({ token, unreadable }) {
  if (token === undefined) {
    const why = make('p', {}, `This cannot be read as a JWT: ${unreadable}.`)
    return make('div', { className: 'card' }, make('h3', {}, 'Token'), why)
  }
  const named = [
    `algorithm ${token.alg}`,
    token.kid === undefined ? 'no kid' : `kid ${token.kid}`,
    token.issuer === undefined ? 'no issuer' : `issuer ${token.issuer}`,
    token.subject === undefined ? 'no subject' : `subject ${token.subject}`
  ]
  const times = token.times.map(({ claim, at, words }) =>
    make('li', {}, `${words} (${claim} `, make('time', { datetime: at }, at), ')')
  )
  return make(
    'div',
    { className: 'card' },
    make('h3', {}, 'Token'),
    make('p', {}, `It has ${named.join(', ')}.`),
    times.length === 0
      ? make('p', {}, 'It has no exp, nbf, iat or auth_time.')
      : make('ul', {}, ...times),
    make(
      'div',
      { className: 'columns' },
      make('div', {}, make('h3', {}, 'Header'), makeText(indent(token.header))),
      make('div', {}, make('h3', {}, 'Claims'), makeText(indent(token.claims)))
    )
  )
}

/** A text that may be long: it can be scrolled with the keyboard. */
function makeText(text) {
  return make('pre', { tabindex: '0' }, text)
}

function showRoute(route, raw) {
  const [className, words] = OUTCOMES[route.outcome]
  const why = route.error === undefined ? '' : `: ${route.error.status} ${route.error.message}`
  const rows = route.steps.map(({ step, result, found, reason }) =>
    make(
      'tr',
      {},
      make('th', { scope: 'row' }, step),
      make('td', { className: RESULTS[result] }, result),
      make('td', {}, [found, reason && `(${reason})`].filter(Boolean).join(' '))
    )
  )
  const heads = ['Step', 'Result', 'Details'].map((head) => make('th', { scope: 'col' }, head))
  const card = make(
    'div',
    { className: 'card' },
    make(
      'h3',
      {},
      make('code', {}, route.path),
      ` on ${route.place.listener}, as ${route.protocol}: `,
      make('span', { className }, words),
      why
    ),
    make('table', {}, make('thead', {}, make('tr', {}, ...heads)), make('tbody', {}, ...rows))
  )
  const curl = writeCurl(route, raw)
  if (curl !== undefined) {
    const copy = makeButton(`Copy curl for ${route.path}`, () => copyText(curl))
    card.append(make('p', { className: 'actions' }, copy))
  }
  return card
}

/** Only such a token is put into a shell command. */
const PLAIN = /^[\w.-]+$/

/** The token is on standard input: neither a URL nor the process list shows it. */
function writeCurl({ curl, path, place }, raw) {
  if (curl === undefined || !PLAIN.test(raw) || !/^[\w/.-]+$/.test(path)) return undefined
  const { scheme, port, isHere } = place
  const base = isHere
    ? new URL('.', location.href).href
    : `${scheme}://${location.hostname}${port === 0 ? '' : `:${port}`}/`
  const key = curl.needsApiKey ? " -H 'api-key: YOUR_API_KEY'" : ''
  const from = curl.header === undefined ? '--data-binary @-' : '-H @-'
  const text = (curl.header ?? curl.body).replace('TOKEN', () => raw)
  return `curl -sS${key} ${from} '${base}${path.slice(1)}' <<'END'\n${text}\nEND\n`
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text)
    message.textContent = 'Copied.'
  } catch {
    // Over plain HTTP browsers offer no clipboard, except on this machine.
    message.textContent = 'The browser does not let this page copy. Copy the selected text below.'
    result.querySelector('#to-copy')?.remove()
    const shown = make('textarea', { id: 'to-copy', rows: '4', readonly: '', 'aria-label': 'curl' })
    shown.value = text
    result.prepend(shown)
    shown.select()
  }
}

/** A summary, read aloud by screen readers. */
function summarize({ routes, token }) {
  const passing = routes.filter(({ outcome }) => outcome === 'accepted').length
  const isRevoked = routes.some(({ steps }) => steps.some(({ reason }) => reason === 'revoked'))
  const expiry = token?.times.find(({ claim }) => claim === 'exp')?.words
  const count =
    routes.length === 0
      ? 'The configuration has no check route'
      : `The token passes ${passing} of ${routes.length} check ${routes.length === 1 ? 'route' : 'routes'}`
  return `${[count, isRevoked ? 'it is revoked' : undefined, expiry && `it ${expiry}`].filter(Boolean).join('; ')}.`
}

/** The token, without text that was copied along with it. */
function tokenText() {
  return input.value.trim().replace(/^(?:authorization:\s*)?(?:bearer\s+)?/i, '')
}

/** Only the newest answer is shown. */
let asked = 0

async function explain() {
  const raw = tokenText()
  const mine = ++asked
  message.textContent = 'Checking.'
  try {
    const report = await ask('explain', postJson({ token: raw }))
    if (mine !== asked) return
    result.replaceChildren(
      ...report.routes.map((route) => showRoute(route, raw)),
      showToken(report)
    )
    message.textContent = summarize(report)
  } catch (error) {
    if (mine !== asked) return
    result.replaceChildren()
    message.textContent = error.message
  }
}

byId('explain').addEventListener('submit', (event) => {
  event.preventDefault()
  explain()
})

byId('clear').addEventListener('click', () => {
  asked++
  input.value = ''
  result.replaceChildren()
  message.textContent = ''
  input.focus()
})

function showTable({ title, columns, rows }) {
  const heads = columns.map((column) => make('th', { scope: 'col' }, column))
  const lines = rows.map(([first, ...others]) =>
    make('tr', {}, make('th', { scope: 'row' }, first), ...others.map((one) => make('td', {}, one)))
  )
  return make(
    'div',
    { className: 'card' },
    make('h3', {}, title),
    make(
      'table',
      { 'aria-label': title },
      make('thead', {}, make('tr', {}, ...heads)),
      make('tbody', {}, ...lines)
    )
  )
}

/** As `txtoken explain` draws it. */
function showConfiguration(drawing) {
  const hint = 'The running configuration, as txtoken explain shows it. Secrets are masked.'
  return make(
    'div',
    { className: 'card' },
    make('h3', {}, 'Configuration'),
    make('p', { className: 'hint' }, hint),
    makeText(drawing)
  )
}

async function showStatus() {
  const said = byId('status-message')
  try {
    const { tables, configuration, revokes } = await ask('status')
    byId('status').replaceChildren(...tables.map(showTable), showConfiguration(configuration))
    byId('revoke-part').hidden = revokes.length === 0
    const select = byId('revoke-route')
    if (select.options.length === 0) {
      select.append(...revokes.map((path) => make('option', {}, path)))
    }
    said.textContent = `As of ${new Date().toLocaleTimeString()}.`
  } catch (error) {
    said.textContent = error.message
  }
}

byId('refresh').addEventListener('click', showStatus)

byId('revoke').addEventListener('submit', async (event) => {
  event.preventDefault()
  const said = byId('revoke-message')
  const key = byId('api-key').value
  try {
    const fields = { token: tokenText(), route: byId('revoke-route').value }
    await ask('revoke', postJson(fields, key === '' ? {} : { 'api-key': key }))
    await explain()
    said.textContent = 'The token is revoked, if the route could verify it.'
  } catch (error) {
    said.textContent = error.message
  }
})

showStatus()
