const OPTIONS = 'docs/doctor.md#options'
const CONNECTION = 'docs/doctor.md#connection'
const PROXIES = 'docs/doctor.md#proxies'
const DISCOVERY = 'docs/doctor.md#discovery'
const CREDENTIALS = 'docs/doctor.md#credentials'
const FORM = 'docs/doctor.md#form-of-the-token'
const ACCESS = 'docs/doctor.md#access'
const AUDIENCE = 'docs/set-up-zitadel.md#tokens-of-an-application'
const INACTIVE = 'docs/its-401.md#token_inactive'
const EXACTLY = 'Write the option exactly as ZITADEL does'
const CERTIFICATE = 'A private authority goes into the variable NODE_EXTRA_CA_CERTS, or into the option "dispatcher"'

/** The causes that the doctor distinguishes: what to do, and the section of the documents. */
export const CAUSES = {
  issuer_missing: ['Set ZITADEL_ISSUER, or give --issuer. If the variable is in a file, give --env-file FILE', 'docs/set-up-zitadel.md#environment'],
  issuer_malformed: ['Give the origin of the console\'s address, without a path', OPTIONS],
  credentials_missing: ['Set one of these variables, or give --key-file. If they are in a file, give --env-file FILE', 'docs/set-up-zitadel.md#environment'],
  credentials_incomplete: ['Set both variables, or use a key', OPTIONS],
  credentials_conflict: ['Unset all but one of the variables', OPTIONS],
  key_file_missing: ['Check the path: it is relative to the working directory', OPTIONS],
  key_file_unreadable: ['Let the user of this process read the file', OPTIONS],
  key_file_is_directory: ['Give the path of the file', OPTIONS],
  key_in_key_file: ['Move the key to ZITADEL_KEY', OPTIONS],
  path_in_key: ['Move the path to ZITADEL_KEY_FILE', OPTIONS],
  key_empty: ['Download the key from the application again', OPTIONS],
  key_quoted: ['Remove the quotation marks', OPTIONS],
  key_is_pem: ['Give the whole JSON file that the console delivers', OPTIONS],
  key_line_breaks: ['Set ZITADEL_KEY to base64 of the JSON, or use ZITADEL_KEY_FILE', OPTIONS],
  key_not_json: ['Download the key from the application again, as JSON', OPTIONS],
  key_incomplete: ['Download the key from the application again, as JSON', OPTIONS],
  key_of_service_account: ['Create a key in the application of type API', 'docs/set-up-zitadel.md#the-api'],
  key_pem_broken: ['Download the key from the application again, and do not edit it', OPTIONS],
  key_unsupported: ['Create a key with ZITADEL, or an RSA key of 2048 bits', OPTIONS],
  key_expired: ['Create a new key in the application', 'docs/key-rotation.md'],
  key_expires_soon: ['Create a new key in the application, and replace the file', 'docs/key-rotation.md'],
  option_wrong: ['Change the option as the message says', 'docs/options.md'],

  name_unresolved: ['Check the spelling of the host, and the name server of this machine', CONNECTION],
  nobody_listens: ['Check the port, and that ZITADEL runs', CONNECTION],
  host_unreachable: ['Check routes and firewalls between this machine and ZITADEL', CONNECTION],
  too_slow: ['Check the load of ZITADEL and the network between, or raise --timeout', CONNECTION],
  connection_broken: ['Check the proxies in front of ZITADEL: one of them ends the connection', CONNECTION],
  no_http: ['Check the port: what listens there is no HTTP server', CONNECTION],
  https_at_http_port: ['Check the port. If ZITADEL serves plain http there, give it as --address', CONNECTION],
  http_at_https_port: ['Write https instead of http', CONNECTION],
  certificate_untrusted: [CERTIFICATE, CONNECTION],
  certificate_expired: ['Renew the certificate of ZITADEL, and check the clock of this machine', CONNECTION],
  certificate_of_other_name: ['Use the name in the certificate, or issue one for this name', CONNECTION],
  plain_http: ['Use https, or keep the network between private', 'docs/proxies.md'],
  proxy_unused: ['Set NODE_USE_ENV_PROXY=1, or give the option "dispatcher"', PROXIES],
  proxy_malformed: ['Write the variable as http://user:password@host:port, percent-encoded', PROXIES],
  proxy_rejects: ['Check the credentials in the proxy\'s URL and its rules, or add the host to NO_PROXY', PROXIES],
  proxy_unreachable: ['Check HTTPS_PROXY, or add the host to NO_PROXY', PROXIES],

  clock_ahead: ['Set the clock of this machine. ZITADEL rejects assertions from the future', 'docs/doctor.md#clock'],
  clock_behind: ['Set the clock of this machine. Tokens would be used past their end', 'docs/doctor.md#clock'],
  discovery_missing: ['Check the host: localhost and 127.0.0.1 are two issuers. If ZITADEL has another name inside your network, give that as --address', DISCOVERY],
  instance_unknown: ['Use a domain of the instance as the issuer, and let proxies forward the header x-zitadel-instance-host', DISCOVERY],
  not_zitadel: ['Check for a login page, a firewall or another service at this address', DISCOVERY],
  discovery_malformed: ['Check which server answers at this address', DISCOVERY],
  redirected: ['Use the address that it redirects to, if that is ZITADEL', DISCOVERY],
  rate_limited: ['Check the quota of ZITADEL and the rate limit in front of it', 'docs/rate-limits.md'],
  server_failed: ['Check ZITADEL and the proxies in front of it', 'docs/outages.md'],
  discovery_refused: ['Check the proxies in front of ZITADEL', DISCOVERY],
  issuer_slash: ['Remove the slash that a proxy adds: ZITADEL\'s issuers have none', DISCOVERY],
  issuer_case: [`${EXACTLY}, capital letters included`, DISCOVERY],
  issuer_port: [`${EXACTLY}, with or without the port`, DISCOVERY],
  issuer_scheme: [`${EXACTLY}. Behind a proxy that ends TLS, let it send x-forwarded-proto`, DISCOVERY],
  issuer_other: [EXACTLY, DISCOVERY],

  key_refused: ['Check that the key exists and has not expired, and that its application, project and organization are active', CREDENTIALS],
  secret_refused: ['Generate a new secret in the application, and check its authentication method', CREDENTIALS],
  clock_refused: ['Set the clock of this machine: ZITADEL tolerates one second', 'docs/doctor.md#clock'],
  introspection_path: ['Repair a failed line about discovery first. If ZITADEL has custom paths, give the option "introspectionEndpoint"', CREDENTIALS],
  introspection_refused: ['Check the options "address" and "introspectionEndpoint"', CREDENTIALS],
  introspection_failed: ['Check ZITADEL and the proxies in front of it', 'docs/outages.md'],
  other_project: ['Use a key of an application in the project of --project-id', CREDENTIALS],

  token_empty: ['Check the command or the variable that should hold the token', FORM],
  token_placeholder: ['Check the program that writes the token: it had none', FORM],
  token_with_scheme: ['Remove "Bearer" from the front', FORM],
  token_quoted: ['Remove the quotation marks', FORM],
  token_line_breaks: ['Write the token in one line', FORM],
  token_is_json: ['Pass the value of access_token alone', FORM],
  token_malformed: ['Copy the token again', FORM],
  token_too_long: ['Request fewer scopes with claims, or use opaque tokens', FORM],
  id_token: ['Send the access_token of the token response', FORM],
  refresh_token: ['Send the access_token of the token response', FORM],
  logout_token: ['Send the access_token of the token response', FORM],
  client_assertion: ['Exchange the assertion for a token at the token endpoint', FORM],
  token_of_other_issuer: ['Let the client log in at the issuer of this API', 'docs/its-401.md#other_issuer'],
  token_expired: ['Let the client refresh it', 'docs/its-401.md#token_expired'],
  token_not_yet_valid: ['Check the clock of this machine', 'docs/its-401.md#token_not_yet_valid'],
  token_without_audience: ['Let the client request the audience scope of the project', AUDIENCE],
  token_revoked: ['Log in again. If the new token fails too, check that the user is active', INACTIVE],
  token_signature: ['Let the client log in again. The token was changed, or is of another server with this name', INACTIVE],
  token_inactive: ['Most often, the client did not request the audience scope of the project', INACTIVE],
  token_unknown: ['Check ZITADEL and the proxies in front of it', 'docs/outages.md'],
  route_unknown: ['Check the method, the path and its prefix. Versions and hosts can be given with --header', ACCESS],
  route_unguarded: ['Register fastify-zitadel on the root instance, or on a scope around the route', ACCESS],
  other_copy: ['Install the package once, and run the command in the folder of the server. With tsx, set "type": "module" in package.json', 'docs/command-line.md#routes'],
  refused_by_app: ['Look for a hook of the app that ends the request in this way', ACCESS],
  app_failed: ['Repair the option of Fastify whose code throws: it runs before every hook', ACCESS],
  not_decided: ['Run the doctor without --app, with the options of the app', 'docs/errors.md'],
  docs_page_guarded: ['Complete the options of the page with app.zitadel.openapi(...).swaggerUi() or scalar(): then its routes are public', 'docs/openapi.md'],
  roles_absent: ['Add a Role Assignment in the console', 'docs/its-403.md#roles_absent']
} as const satisfies Readonly<Record<string, readonly [cure: string, see: string]>>

export type Cause = keyof typeof CAUSES
