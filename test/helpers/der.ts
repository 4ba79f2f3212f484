/** The few forms of the Distinguished Encoding Rules (ITU-T X.690) that a certificate needs. */

/** One value: tag, length, content. */
export function der(tag: number, content: Buffer): Buffer {
  const { length } = content
  const short = [length]
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...(length < 0x80 ? short : long)]), content])
}

export function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

/** @param hex the bytes of the encoded identifier */
export function objectId(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}

/** @param unusedBits how many bits at the end of the last byte do not count */
export function bitString(bytes: Buffer, unusedBits = 0): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([unusedBits]), bytes]))
}

export function octetString(bytes: Buffer): Buffer {
  return der(0x04, bytes)
}

export function integer(bytes: Buffer): Buffer {
  return der(0x02, bytes)
}

export const TRUE = der(0x01, Buffer.from([0xff]))

/** UTCTime, which RFC 5280, section 4.1.2.5, asks for up to the year 2049: two digits of the year, no fraction, and Z. */
export function utcTime(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
}
