/** A route for the logout tokens of ZITADEL (OpenID Connect Back-Channel Logout 1.0). */
export interface BackChannelLogoutOptions {
  /** The path of the route, such as `/zitadel/logout`. The prefix of the scope in which the plugin is registered comes before it. */
  readonly path: string
  /** The client ids of the OIDC applications whose logouts are accepted: one, or up to 100. */
  readonly clientId: string | readonly string[]
}
