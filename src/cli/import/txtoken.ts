/** The configuration of the original program: its keys are those of the flat form. */
import { CommandError } from '../command.ts'
import { given, type System, urlWithoutUser } from './system.ts'

export const txtoken: System = {
  title: 'txToken',
  settings: [
    { name: 'port', here: '`port`' },
    { name: 'debug', here: '`debug`' },
    { name: 'encKey', here: '`encKey`, which `import` replaces by `{ env: ENC_KEY }`' },
    { name: 'remote', here: '`remote`' },
    { name: 'expHours', here: '`expHours`, which counts here; the original ignores it' },
    { name: 'getTokenRoute', here: '`getTokenRoute`' },
    { name: 'checkTokenRoute', here: '`checkTokenRoute`' },
    { name: 'requestTokenData', here: '`requestTokenData`' }
  ],
  convert({ root }) {
    const remote = urlWithoutUser(root, 'remote')
    if (remote === undefined) throw new CommandError('expected remote, the URL of the login API')
    if (root.has('encKey')) {
      root.text('encKey')
      root.note(
        'encKey',
        'is a secret and not written out: set the environment variable ENC_KEY to it'
      )
    }
    const expHours = root.number('expHours')
    if (expHours !== undefined && expHours !== 24) {
      root.note(
        'expHours',
        'counts here; the original ignores it, so that its tokens live 24 hours'
      )
    }
    return {
      config: given({
        port: root.number('port'),
        debug: root.flag('debug'),
        encKey: { env: 'ENC_KEY' },
        remote,
        expHours,
        getTokenRoute: root.text('getTokenRoute'),
        checkTokenRoute: root.text('checkTokenRoute'),
        requestTokenData: root.value('requestTokenData')
      }),
      comments: [[['encKey'], 'The secret of before: tokens that are out stay valid.']]
    }
  }
}
