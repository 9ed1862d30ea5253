/** What the 256 bytes of an EBCDIC code page mean: each is one character of latin1. */
const CP037 =
  '000102039c09867f978d8e0b0c0d0e0f101112139d8508871819928f1c1d1e1f80818283840a171b88898a8b8c050607909116939495960498999a9b14159e1a' +
  '20a0e2e4e0e1e3e5e7f1a22e3c282b7c26e9eaebe8edeeefecdf21242a293bac2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22' +
  'd8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4b57e737475767778797aa1bfd0dddeae5ea3a5b7a9a7b6bcbdbe5b5dafa8b4d7' +
  '7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da9f'

/** Where a code page differs from 037. */
const DIFFERENCES: Readonly<Record<string, Readonly<Record<number, number>>>> = {
  cp037: {},
  cp500: { 0x4a: 0x5b, 0x4f: 0x21, 0x5a: 0x5d, 0x5f: 0x5e, 0xb0: 0xa2, 0xba: 0xac, 0xbb: 0x7c },
  cp1047: { 0x5f: 0x5e, 0xad: 0x5b, 0xb0: 0xac, 0xba: 0xdd, 0xbb: 0xa8, 0xbd: 0x5d },
}

export function ebcdicTable(name: string): Uint8Array | null {
  const differences =
    DIFFERENCES[
      name
        .toLowerCase()
        .replace(/^(ibm-?|ebcdic-)0*/, 'cp')
        .replace(/^cp37$/, 'cp037')
    ]
  if (differences === undefined) return null
  const table = Uint8Array.from(Buffer.from(CP037, 'hex'))
  for (const [byte, character] of Object.entries(differences)) table[Number(byte)] = character
  return table
}
