/** The package has no types of its own. */
declare module 'postject' {
  /** Puts data into a program, in place. */
  export function inject(
    file: string,
    resource: string,
    data: Buffer,
    options: { sentinelFuse: string }
  ): Promise<void>
}
