import { join } from 'node:path'
import test from 'ava'
import { ClassicLevel } from 'classic-level'
import { pino } from 'pino'
import type { Config } from '../../src/config/full-form.ts'
import { createMetrics } from '../../src/operations/metrics.ts'
import { createService } from '../../src/server/service.ts'
import { asLoaded, parse } from '../helpers/config.ts'
import { eventually } from '../helpers/eventually.ts'
import { refusingUrl } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

function configOf(folder: string): Config {
  return parse({
    keys: [{ alg: 'HS256', secret: 'a secret of thirty-two characters or more' }],
    revocation: { store: `file:${folder}` },
    routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
  })
}

async function start(load: () => Config) {
  const log: string[] = []
  const metrics = createMetrics()
  const service = await createService({
    load: () => asLoaded(load()),
    logger: pino({}, { write: (line) => void log.push(line) }),
    metrics,
    now: Date.now,
    isReady: () => true,
    version: '0.0.0-test'
  })
  return { service, log, metrics }
}

/** Opens the folder of a store, which fails while another one has it open. */
async function open(folder: string): Promise<void> {
  const database = new ClassicLevel(folder)
  await database.open()
  await database.close()
}

test('if a later step of the start fails, the revocation store is closed', async (t) => {
  const folder = await createTemporaryFolder(t)
  const config = configOf(folder)
  const incomplete = { check: '/check', verify: [], requireExp: true, skew: 0 }
  await t.throwsAsync(
    start(() => ({ ...config, routes: [incomplete as unknown as Config['routes'][number]] })),
    { instanceOf: TypeError }
  )
  await t.notThrowsAsync(open(folder))
})

test('close waits for a reload, and closes what the reload has started', async (t) => {
  const folder = await createTemporaryFolder(t)
  let name = 'first'
  const { service } = await start(() => configOf(join(folder, name)))
  name = 'second'
  const reloading = service.reload()
  await service.close()
  await t.notThrowsAsync(open(join(folder, 'first')))
  await t.notThrowsAsync(open(join(folder, 'second')))
  await reloading
})

test('a reload after close starts nothing', async (t) => {
  const folder = await createTemporaryFolder(t)
  let loads = 0
  const { service } = await start(() => {
    loads++
    return configOf(folder)
  })
  await service.close()
  await service.reload()
  t.is(loads, 1)
  await t.notThrowsAsync(open(folder))
})

test('a previous configuration that cannot be closed is logged, and the service goes on', async (t) => {
  const folder = await createTemporaryFolder(t)
  const first = join(folder, 'first')
  const close = ClassicLevel.prototype.close
  t.teardown(() => {
    ClassicLevel.prototype.close = close
  })
  ClassicLevel.prototype.close = async function closeUnlessFirst() {
    await close.call(this)
    if (this.location === first) throw new Error('the disk is gone')
  }
  let name = 'first'
  const { service, log } = await start(() => configOf(join(folder, name)))
  name = 'second'
  await service.reload()
  await eventually(() => log.some((line) => line.includes('the disk is gone')))
  await t.notThrowsAsync(service.close())
})

test('the unreachable store of a rejected configuration does not show in the metrics', async (t) => {
  const folder = await createTemporaryFolder(t)
  const running = configOf(folder)
  const { port } = new URL(await refusingUrl(t))
  const unreachable = parse({
    keys: [{ alg: 'HS256', secret: 'a secret of thirty-two characters or more' }],
    revocation: { store: `redis://127.0.0.1:${port}`, entries: 7 },
    routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
  })
  const incomplete = { check: '/check', verify: [], requireExp: true, skew: 0 }
  const rejected = {
    ...unreachable,
    routes: [incomplete as unknown as Config['routes'][number]]
  }
  let next: Config = running
  const { service, log, metrics } = await start(() => next)
  t.teardown(service.close)
  const shown = async () => (await metrics.expose()).match(/^txtoken_revocation_\w+ \S+$/gm)
  const before = await shown()
  t.true(before?.includes('txtoken_revocation_available 1'))
  next = rejected
  await service.reload()
  t.true(log.some((line) => line.includes('not reloaded, the old one stays')))
  t.deepEqual(await shown(), before)

  next = unreachable
  await service.reload()
  const after = await shown()
  t.true(after?.includes('txtoken_revocation_available 0'))
  t.true(after?.includes('txtoken_revocation_max_entries 7'))

  next = running
  await service.reload()
  t.true((await shown())?.includes('txtoken_revocation_available 1'))
})
