/** The sources of a configuration become those of a pipeline. */

import type { Signer } from '../../keys/key-store.ts'
import type { Services } from '../../protocols/services.ts'
import type { Source } from '../issue.ts'
import { createNameMatcher } from '../name-patterns.ts'
import { createCertificateSource } from './certificate/certificate-source.ts'
import { createFixedSource } from './fixed-source.ts'
import {
  createConfiguredRemoteSource,
  type ExpiryConfig
} from './remote/configured-remote-source.ts'
import { createRequestSource } from './request/request-source.ts'
import type { CertificateSourceConfig, RequestSourceConfig, SourceConfig } from './settings.ts'

/**
 * @param signer signs the service bearers that remotes are shown
 * @param expiresAt where the reply of a remote says until when it is true
 */
export function createSources(
  configs: readonly SourceConfig[],
  signer: Signer,
  services: Services,
  expiresAt?: ExpiryConfig
): Source[] {
  return configs.map((config) => createSource(config, signer, services, expiresAt))
}

function createSource(
  config: SourceConfig,
  signer: Signer,
  services: Services,
  expiresAt: ExpiryConfig | undefined
): Source {
  switch (config.from) {
    case 'fixed':
      return createFixedSource(new Map(Object.entries(config.set)))
    case 'request':
      return createConfiguredRequestSource(config, services)
    case 'remote':
      return createConfiguredRemoteSource(config, signer, services, expiresAt)
    case 'certificate':
      return createConfiguredCertificateSource(config, services)
  }
}

function createConfiguredCertificateSource(
  { claim, levels, untrustedIssuers }: CertificateSourceConfig,
  { now }: Services
): Source {
  const isUntrustedIssuer =
    untrustedIssuers === undefined ? undefined : createNameMatcher(untrustedIssuers)
  return createCertificateSource({ claim, levels, isUntrustedIssuer, now })
}

function createConfiguredRequestSource(
  {
    claim,
    header,
    parameter,
    variable,
    body,
    type,
    take,
    required,
    default: fallback
  }: RequestSourceConfig,
  { limits }: Services
): Source {
  return createRequestSource({
    claim,
    places: { header, parameter, variable },
    body,
    type,
    takeFirst: take === 'first-of-list',
    required,
    fallback,
    maxDepth: limits.depth
  })
}
