import { startExample } from '../start.ts'
import { buildApi } from './api.ts'

await startExample(buildApi, [
  { title: 'an upgrade with the role: 101', route: 'GET /feed', token: { roles: ['reader'] }, flags: '-m 2 -H "Connection: Upgrade" -H "Upgrade: websocket" -H "Sec-WebSocket-Version: 13" -H "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" ' },
  { title: 'an upgrade without a token: 401', route: 'GET /feed', flags: '-m 2 -H "Connection: Upgrade" -H "Upgrade: websocket" -H "Sec-WebSocket-Version: 13" -H "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" ' }
])
