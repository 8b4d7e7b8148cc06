// Whether TLS can use what a kubeconfig or its plugin gives to prove who we are. Otherwise the first request says it, in OpenSSL's words.
import { createSecureContext, type SecureContextOptions } from 'node:tls'

/** What is wrong with it, in words behind a name for it; undefined where nothing is. */
export function checkClientCertificate({ cert, key, passphrase }: SecureContextOptions): string | undefined {
  if (!isUsable({ cert }))
    return 'has a client certificate that is none in PEM form: it begins with -----BEGIN CERTIFICATE-----'
  if (!isUsable({ key, passphrase })) return 'has a client key that is none in PEM form, or is encrypted'
  if (!isUsable({ cert, key, passphrase }))
    return 'has a client certificate and a client key that do not belong together'
  return undefined
}

function isUsable(options: SecureContextOptions): boolean {
  try {
    createSecureContext(options)
    return true
  } catch {
    return false
  }
}
