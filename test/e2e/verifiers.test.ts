/** The recipe of docs/keys/verifying.md for Envoy, run with the real one. */
import test from 'ava'
import { parse as parseYaml } from 'yaml'
import { freePorts } from '../helpers/free-ports.ts'
import { startEnvoy } from '../helpers/gateways.ts'
import { openConnection, send, statusIn } from '../helpers/http.ts'
import { findRecipe } from '../helpers/key-recipes.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { JWKS_URL, startTokenIssuer } from '../helpers/token-issuer.ts'

test('Envoy passes requests that its jwt_authn has verified, and no others', async (t) => {
  const { url, token, bad } = await startTokenIssuer(t)
  const { forged } = bad
  const api = await startRemote(t, replying('{"answer":42}'))
  const [recipe = ''] = findRecipe('Envoy', 'yaml envoy')
  const [port = 0] = await freePorts(1)
  const config = parseYaml(recipe.replace(JWKS_URL, `${url}/.well-known/jwks.json`))
  await startEnvoy(t, describeEnvoy(config, port, url, api.url), port)
  const gateway = `http://127.0.0.1:${port}`
  const bearing = (text: string) => ({ headers: { authorization: `Bearer ${text}` } })

  t.is((await send(`${gateway}/hello`, bearing(token))).status, 200)
  for (const [path, request] of [
    ['/hello', {}],
    ['/hello', bearing(forged)],
    [`/hello?access_token=${token}`, {}],
    [`/hello?access_token=${token}`, bearing(forged)]
  ] as const) {
    t.is((await send(gateway + path, request)).status, 401)
  }
  // A header that Envoy has not checked would reach the API as well.
  for (const pair of [
    [token, forged],
    [forged, token]
  ]) {
    const connection = openConnection(t, gateway)
    const fields = pair.map((text) => `Authorization: Bearer ${text}\r\n`).join('')
    connection.write(`GET /hello HTTP/1.1\r\nHost: orders\r\n${fields}\r\n`)
    t.is(statusIn(await connection.until(/\r\n\r\n/)), 401)
  }
  t.is(api.requests.length, 1)
})

/** A configuration around the filters of the recipe. */
function describeEnvoy(recipe: object, port: number, txtoken: string, api: string): string {
  const address = (host: string) => {
    const [name, number] = host.split(':')
    return { socket_address: { address: name, port_value: Number(number) } }
  }
  const cluster = (name: string, host: string) => ({
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: address(host) } }] }]
    }
  })
  const manager = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'web',
    route_config: {
      virtual_hosts: [
        {
          name: 'orders',
          domains: ['*'],
          routes: [{ match: { prefix: '/' }, route: { cluster: 'orders' } }]
        }
      ]
    },
    ...recipe
  }
  return JSON.stringify({
    static_resources: {
      listeners: [
        {
          name: 'web',
          address: address(`127.0.0.1:${port}`),
          filter_chains: [
            {
              filters: [
                { name: 'envoy.filters.network.http_connection_manager', typed_config: manager }
              ]
            }
          ]
        }
      ],
      clusters: [cluster('txtoken', new URL(txtoken).host), cluster('orders', new URL(api).host)]
    }
  })
}
