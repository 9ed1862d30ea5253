/** A self-signed certificate, made with `node:crypto` and a few lines of DER, for TLS on loopback. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Certificate {
  readonly certificatePem: string
  readonly keyPem: string
}

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const BOOLEAN = 0x01
const BIT_STRING = 0x03
const OCTET_STRING = 0x04
const OBJECT_IDENTIFIER = 0x06
const UTF8_STRING = 0x0c
const GENERALIZED_TIME = 0x18

const ECDSA_WITH_SHA256 = identifier('2a8648ce3d040302')
const COMMON_NAME = identifier('550403')
const SUBJECT_ALTERNATIVE_NAME = identifier('551d11')
const BASIC_CONSTRAINTS = identifier('551d13')

/** Valid for `localhost` and 127.0.0.1; it is its own authority. */
export function selfSignedCertificate(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = element(SEQUENCE, element(SET, element(SEQUENCE, COMMON_NAME, element(UTF8_STRING, Buffer.from('localhost')))))
  const algorithm = element(SEQUENCE, ECDSA_WITH_SHA256)
  const serial = randomBytes(8)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  const alternatives = element(SEQUENCE, element(0x82, Buffer.from('localhost')), element(0x87, Buffer.from([127, 0, 0, 1])))
  const authority = element(SEQUENCE, element(BOOLEAN, Buffer.from([0xff])))
  const body = element(
    SEQUENCE,
    element(0xa0, element(INTEGER, Buffer.from([2]))),
    element(INTEGER, serial),
    algorithm,
    name,
    element(SEQUENCE, element(GENERALIZED_TIME, Buffer.from('20200101000000Z')), element(GENERALIZED_TIME, Buffer.from('21200101000000Z'))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(
      0xa3,
      element(
        SEQUENCE,
        element(SEQUENCE, SUBJECT_ALTERNATIVE_NAME, element(OCTET_STRING, alternatives)),
        element(SEQUENCE, BASIC_CONSTRAINTS, element(BOOLEAN, Buffer.from([0xff])), element(OCTET_STRING, authority)),
      ),
    ),
  )
  const signature = sign('sha256', body, privateKey)
  const whole = element(SEQUENCE, body, algorithm, element(BIT_STRING, Buffer.from([0]), signature))
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${(whole.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function identifier(hex: string): Buffer {
  return element(OBJECT_IDENTIFIER, Buffer.from(hex, 'hex'))
}

/** One DER element: its tag, its length, its content. */
function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  const length =
    body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}
