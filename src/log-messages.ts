/** Every log message, for the compiler and for docs/log-messages.md, with its meaning and what to do about it. Only its types are used while the service runs. */

type Level = 'debug' | 'info' | 'warn' | 'error'

export interface LogMessage {
  readonly levels: readonly Level[]
  readonly meaning: string
  /** What to do. Left out where no action is needed. */
  readonly action?: string
}

/** By topic, in the order of the page. */
export const LOG_MESSAGES = {
  Requests: {
    request: {
      levels: ['debug', 'info', 'error'],
      meaning:
        'A request was answered. The level is `error` if the service or a remote failed, `debug` for health and metrics, and `info` for all others.',
      action:
        'At level `error`: `code`, `remote` and `cause` show what failed; look it up in [the runbook](runbook.md).'
    },
    'response failed': {
      levels: ['error'],
      meaning: 'An answer could not be written.',
      action: 'Report it, with `name` and `error`.'
    },
    'token over 8 KiB': {
      levels: ['warn'],
      meaning:
        'A long token was issued (`length` characters). Many servers reject a header with such a token.',
      action: 'Put fewer claims into it, with `pick` of the remote source.'
    },
    'token issued without refresh token': {
      levels: ['warn'],
      meaning:
        'The store of refresh tokens is full (`reason: full`), or the claims are larger than `refresh.size` (`reason: size`).',
      action:
        '`full`: see [TxtokenRefreshStoreFull](runbook.md#txtokenrefreshstorefull). `size`: put fewer claims into the token, or raise `refresh.size`.'
    },
    'claims of a remote skipped': {
      levels: ['warn'],
      meaning: 'A remote failed, and the token was issued without its claims (`onError: skip`).',
      action: 'Look at the remote: `code` and `error` show what failed.'
    },
    revoked: {
      levels: ['info'],
      meaning:
        'A subject or a key was revoked (`kind`). A revoked token has only the line of its request.'
    }
  },
  'Start, stop and configuration': {
    listening: {
      levels: ['info'],
      meaning: 'The service accepts requests on this listener, host and port.'
    },
    'a client uses TLS on a port without TLS': {
      levels: ['warn'],
      meaning:
        'A client began a TLS handshake on a plain port. This is logged once a minute at most.',
      action: 'Use http:// in the URL of the client, or set `tls` of this `listener`.'
    },
    'a client uses plain HTTP on a port with TLS': {
      levels: ['warn'],
      meaning:
        'A client sent a plain request to a port with TLS, and its connection was closed. This is logged once a minute at most.',
      action: 'Use https:// in the URL of the client, or remove `tls` of this `listener`.'
    },
    'calls go through proxies': {
      levels: ['info'],
      meaning: 'Variables such as `HTTPS_PROXY` are set; `proxies` lists them without passwords.'
    },
    stopping: {
      levels: ['info'],
      meaning: 'The process got a signal to stop: requests in flight are still answered.'
    },
    stopped: { levels: ['info'], meaning: 'All requests were answered. The exit code is 0.' },
    'stopped, and cut requests that took too long': {
      levels: ['warn'],
      meaning: 'Requests in flight did not end within `timeouts.shutdown`. The exit code is 1.',
      action: 'Raise `timeouts.shutdown`, or lower the `timeout` of remotes.'
    },
    'configuration reloaded': { levels: ['info'], meaning: 'A new configuration is in use.' },
    'configuration not reloaded, the old one stays': {
      levels: ['error'],
      meaning: 'The new configuration has problems, which `error` lists.',
      action: 'Fix them; the service loads the changed file again.'
    },
    'settings have changed, which takes a restart': {
      levels: ['warn'],
      meaning: 'The configuration was reloaded, except for these `settings`.',
      action: 'Restart the service.'
    },
    'previous configuration not closed': {
      levels: ['error'],
      meaning: 'Connections of the previous configuration may still be open.',
      action: 'Restart the service if this is logged again and again.'
    }
  },
  Keys: {
    'weak secret, whoever has it can sign tokens': {
      levels: ['warn'],
      meaning: 'The secret at `path` is published or can be guessed; `problem` shows why.',
      action: 'Replace it with a random one: `openssl rand -hex 32`.'
    },
    'key works, and is not advisable': {
      levels: ['warn'],
      meaning: 'The key at `path` works, but another kind is better; `problem` shows why.',
      action: 'Replace the key.'
    },
    'JWK Set fetched': { levels: ['debug'], meaning: 'The keys of a JWK Set are up to date.' },
    'JWK Set with keys that are not usable': {
      levels: ['warn'],
      meaning:
        'The set was fetched, but some of its keys are ignored; `rejections` lists them, and why.',
      action: 'Nothing, unless tokens signed with these keys should be accepted.'
    },
    'JWK Set not fetched': {
      levels: ['warn'],
      meaning:
        'Keys that were fetched before stay usable for `staleLimit`; after that, tokens of this issuer get 503.',
      action: 'Look at `remote` and `error`; `check-config --probe` tries it out.'
    },
    'made a key': {
      levels: ['info'],
      meaning: 'The next key of the directory `dir` was generated; it signs from `signsFrom` on.'
    },
    'removed a key whose last token has expired': {
      levels: ['info'],
      meaning: 'All tokens that the key has signed have expired.'
    },
    'generated keys have a problem': {
      levels: ['warn'],
      meaning:
        'There is a problem with the directory `dir` or a file in it. Each `problem` is logged once while it lasts.',
      action: 'Fix what `problem` names: permissions, space on the disk, a clock.'
    }
  },
  'Remotes and load': {
    'remote is down, calls to it fail at once': {
      levels: ['error'],
      meaning:
        'As many calls in a row failed as `failures` shows, so no call is made for `pauseMs`.',
      action: 'Look at the remote: `code` and `error` show how the last call failed.'
    },
    'remote answers again': {
      levels: ['info'],
      meaning: 'The remote has answered a call, so calls to it are made again.'
    },
    'directory server failed': {
      levels: ['warn'],
      meaning:
        'An LDAP server (`server`) does not work; `error` has the reason. The next server of its directory is asked. If there is none, checks that need its groups answer 503.',
      action: 'Look at the server. Until it is back, the directory has one server less.'
    },
    'directory server works again': {
      levels: ['info'],
      meaning: 'The LDAP server has answered.'
    },
    'overloaded, requests rejected': {
      levels: ['warn'],
      meaning:
        'The process has too much work. `rejected` counts the requests that got 503 since the last such line; `withoutRoom` counts those of them whose remote has too many calls in flight.',
      action:
        'Add processors, replicas or `workers`, or find the clients that send so many requests.'
    },
    'memory for bodies is used up': {
      levels: ['warn'],
      meaning:
        'All bodies and replies together have reached `limits.bodies`, or unfinished bodies a quarter of it. Further requests get 503.',
      action: 'Raise `limits.bodies`, or find the clients that send large bodies slowly.'
    },
    'spans not sent': {
      levels: ['warn'],
      meaning: 'The trace collector did not accept the spans.',
      action: 'Look at the collector that the `OTEL_*` variables name.'
    }
  },
  Revocation: {
    'revocation store available': {
      levels: ['info'],
      meaning: 'The store can be reached, and the list of revocations is complete.'
    },
    'revocation store unavailable, tokens are rejected': {
      levels: ['warn'],
      meaning: 'The service cannot find out whether a token is revoked, so checks answer 503.',
      action: 'Bring the store back; `reason` shows what is wrong.'
    },
    'revocation store unavailable, tokens are checked without it': {
      levels: ['warn'],
      meaning:
        'Tokens pass that other replicas have revoked meanwhile, for `seconds` at most (`whenUnavailable: { openFor }`).',
      action: 'Bring the store back; `reason` shows what is wrong.'
    },
    'revocation store still unavailable, tokens are rejected from now on': {
      levels: ['warn'],
      meaning: '`openFor` has passed: checks answer 503.',
      action: 'Bring the store back.'
    },
    'Redis had lost revocations, this replica writes them back': {
      levels: ['warn'],
      meaning: 'Redis was flushed, or restarted without its data.',
      action: 'Let Redis keep its data (`appendonly yes`), and evict nothing (`noeviction`).'
    },
    'expired entries not removed from the revocation store': {
      levels: ['warn'],
      meaning: 'The file store grows until that succeeds.',
      action: 'Look at the disk of `folder`.'
    },
    'revocation store not closed': {
      levels: ['warn'],
      meaning: 'A store that is no longer used could not be closed.',
      action: 'Nothing, unless this is logged again and again.'
    }
  },
  Workers: {
    'worker ended': {
      levels: ['error'],
      meaning: 'A worker process ended by itself, and is started again.',
      action: 'With `signal: SIGKILL`, memory may have run out. Report anything else.'
    },
    'worker started again': { levels: ['info'], meaning: 'A new process has replaced the worker.' },
    'worker not started': {
      levels: ['error'],
      meaning: 'The worker did not start. The service tries again, after a growing pause.',
      action: 'Fix what `error` names.'
    }
  }
} as const satisfies Readonly<Record<string, Readonly<Record<string, LogMessage>>>>

/** `A | B` of maps becomes `A & B`. */
type Merge<Union> = (Union extends object ? (one: Union) => void : never) extends (
  one: infer All
) => void
  ? All
  : never
type Messages = Merge<(typeof LOG_MESSAGES)[keyof typeof LOG_MESSAGES]>

type MessageAt<At extends Level> = {
  [Name in keyof Messages]: Messages[Name] extends { levels: readonly (infer Has)[] }
    ? At extends Has
      ? Name
      : never
    : never
}[keyof Messages]

type LogAt<At extends Level> = (fields: object, message: MessageAt<At>) => void

/** Writes lines with these messages alone, each at its own levels. */
export type Log = { readonly [At in Level]: LogAt<At> }
