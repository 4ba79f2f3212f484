/** A real directory, OpenLDAP's slapd, with a few people and groups, in its own folder and on its own ports. @needs slapd ldapadd */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestCertificate } from './certificates.ts'
import { eventually } from './eventually.ts'
import { writeFiles } from './folder.ts'
import { freePorts } from './free-ports.ts'
import { isListening } from './is-listening.ts'
import type { Lifetime } from './lifetime.ts'

const run = promisify(execFile)
const env = { PATH: `${process.env.PATH}:/usr/sbin` }

const LDAP_BASE = 'dc=example,dc=org'
export const PEOPLE = `ou=people,${LDAP_BASE}`
export const GROUPS = `ou=groups,${LDAP_BASE}`
/** The only entry that may read. */
export const LDAP_BIND = { dn: `cn=reader,${LDAP_BASE}`, password: 'the password of the reader' }

export interface TestDirectory {
  /** ldap://, on which StartTLS works where it has a certificate. */
  readonly url: string
  /** ldaps://, where it has a certificate. */
  readonly tlsUrl: string
  /** Connections so far. */
  readonly connections: () => number
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
  /** Gives an entry a password, so that a client can bind with its name. */
  readonly setPassword: (name: string, password: string) => Promise<void>
  /** Stops it, including its connections. */
  readonly pause: () => Promise<void>
  readonly resume: () => void
}

/** An entry that may read, and gets few entries at a time. */
export const LIMITED_BIND = { dn: `cn=limited,${LDAP_BASE}`, password: 'limited' }

/**
 * Starts a directory that ends with the test.
 * @param entries LDIF of further entries beside its people and groups. With it, the database supports paging
 */
export async function startSlapd(
  t: Lifetime,
  certificate?: TestCertificate,
  entries = ''
): Promise<TestDirectory> {
  const [port = 0, tlsPort = 0] = await freePorts(2)
  const folder = await writeFiles(t, {
    'slapd.conf': describeConfig(certificate !== undefined, entries === '' ? 'ldif' : 'mdb'),
    'entries.ldif': ENTRIES + entries,
    'cert.pem': certificate?.cert ?? '',
    'key.pem': certificate?.key ?? ''
  })
  await mkdir(join(folder, 'data'))
  const url = `ldap://127.0.0.1:${port}`
  const tlsUrl = `ldaps://127.0.0.1:${tlsPort}`
  const urls = certificate === undefined ? url : `${url} ${tlsUrl}`
  let slapd: ChildProcess | undefined
  let log = ''

  async function start(): Promise<void> {
    // Level 256 logs a line for each connection and operation; with any level it stays in the foreground.
    const child = spawn('slapd', ['-f', 'slapd.conf', '-h', urls, '-d', '256'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'ignore', 'pipe']
    })
    slapd = child
    await once(child, 'spawn').catch(explainMissing)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`slapd ended: ${log}`)
      return isListening(port)
    }, 20)
  }

  async function kill(): Promise<void> {
    if (slapd === undefined || slapd.exitCode !== null || slapd.signalCode !== null) return
    const closed = once(slapd, 'close')
    slapd.kill('SIGKILL')
    await closed
  }

  t.teardown(kill)
  await start()
  /** Runs a tool of OpenLDAP as the reader, who may write as well. */
  async function administer(tool: string, ...args: string[]): Promise<void> {
    const who = ['-x', '-H', url, '-D', LDAP_BIND.dn, '-w', LDAP_BIND.password]
    await run(tool, [...who, ...args], { cwd: folder, env }).catch(explainMissing)
  }

  await administer('ldapadd', '-f', 'entries.ldif')
  return {
    url,
    tlsUrl,
    connections: () => log.match(/ BIND dn="cn=reader[^"]*" method=128/g)?.length ?? 0,
    kill,
    start,
    setPassword: (name, password) => administer('ldappasswd', '-s', password, name),
    async pause() {
      slapd?.kill('SIGSTOP')
      await eventually(() => isStopped(slapd?.pid), 5)
    },
    resume: () => void slapd?.kill('SIGCONT')
  }
}

function explainMissing(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error
  throw new Error('slapd or ldapadd is missing, apt-get install slapd ldap-utils', { cause: error })
}

/** Whether SIGSTOP has stopped all threads of a process, which takes a while (proc(5), state `T`). */
async function isStopped(pid: number | undefined): Promise<boolean> {
  const folder = `/proc/${pid}/task`
  const stats = (await readdir(folder)).map((thread) =>
    readFile(`${folder}/${thread}/stat`, 'utf8')
  )
  return (await Promise.all(stats)).every((stat) => /\) T /.test(stat))
}

function describeConfig(hasCertificate: boolean, database: 'ldif' | 'mdb'): string {
  const tls = 'TLSCertificateFile cert.pem\nTLSCertificateKeyFile key.pem\n'
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload memberof
moduleload back_mdb
disallow bind_anon
${hasCertificate ? tls : ''}
database ${database}
directory data
${database === 'mdb' ? 'dbnosync' : ''}
suffix "${LDAP_BASE}"
rootdn "${LDAP_BIND.dn}"
rootpw "${LDAP_BIND.password}"
access to attrs=userPassword by anonymous auth
access to * by dn.exact="${LIMITED_BIND.dn}" read by * none
limits dn.exact="${LIMITED_BIND.dn}" size.soft=5 size.hard=5 size.prtotal=unlimited
overlay memberof
`
}

/** Ada is in two groups, Grace in one, Alan in none; Grace's name would change an unescaped filter. */
const ENTRIES = `dn: ${LDAP_BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ${PEOPLE}
objectClass: organizationalUnit
ou: people

dn: ${GROUPS}
objectClass: organizationalUnit
ou: groups

dn: ${LIMITED_BIND.dn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: limited
userPassword: ${LIMITED_BIND.password}

dn: uid=ada,${PEOPLE}
objectClass: inetOrgPerson
uid: ada
cn: Ada
sn: Lovelace
departmentNumber: Engines
departmentNumber: Notes

dn: cn=Grace (*),${PEOPLE}
objectClass: inetOrgPerson
uid: grace*)(uid=*
cn: Grace (*)
sn: Hopper

dn: uid=alan,${PEOPLE}
objectClass: inetOrgPerson
uid: alan
cn: Alan
sn: Turing

dn: cn=Admins\\, Sons,${GROUPS}
objectClass: groupOfNames
cn: Admins, Sons
member: uid=ada,${PEOPLE}

dn: cn=staff,${GROUPS}
objectClass: groupOfNames
cn: staff
member: uid=ada,${PEOPLE}
member: cn=Grace (*),${PEOPLE}

`
