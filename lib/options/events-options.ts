/** A route for the event webhooks of ZITADEL. Each of them is signed by the key of a target. */
export interface EventsOptions {
  /** The path of the route, such as `/zitadel/events`. The prefix of the scope in which the plugin is registered comes before it. */
  readonly path: string
  /** The signing key of the target. One of `signingKey` and `signingKeys` must be given. */
  readonly signingKey?: string | undefined
  /** The signing keys of several targets, or of one while its key is being replaced. At most 10. */
  readonly signingKeys?: readonly string[] | undefined
  /** The id of the instance whose events are accepted. Default: the instance of the first event whose signature is valid. */
  readonly instanceId?: string | undefined
}
