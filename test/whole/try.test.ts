import t from 'tap'
import { startOidcProvider, SECRET_API } from '../fixtures/oidc-provider.ts'
import { machineToken, personToken } from '../fixtures/oauth-client.ts'
t.test('x', async (t) => {
  const s = await startOidcProvider()
  t.teardown(s.stop)
  for (const token of [await machineToken(s, 'openid orders:read'), await personToken(s, 'openid profile orders:read')]) {
    const r = await fetch(s.issuer + '/oauth/v2/introspect', { method: 'POST', body: new URLSearchParams({ token }), headers: { authorization: 'Basic ' + Buffer.from(Object.values(SECRET_API).map(encodeURIComponent).join(':')).toString('base64') } })
    console.error(r.status, await r.text())
  }
})
