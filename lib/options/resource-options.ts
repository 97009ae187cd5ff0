/** A protected resource (RFC 9728), such as an MCP server. */
export interface ResourceOptions {
  /**
   * The URL that clients use, in its canonical spelling, such as `https://api.acme.example/mcp`. Routes with this path or below
   * it are inside the resource. https only, except on loopback.
   */
  readonly url: string
  /** Scopes that the metadata lists for clients, beside `openid` and the audience scope of `projectId`. Default none. */
  readonly scopes?: readonly string[] | undefined
  /** A name that clients can show to users. Printable ASCII. */
  readonly name?: string | undefined
  /** The URL of a page for developers. */
  readonly documentation?: string | undefined
  /** Whether routes inside the resource accept personal access tokens, which are active for every API of the instance. Default false. */
  readonly personalAccessTokens?: boolean | undefined
}
