import express from 'express'
import { auth } from 'express-oauth2-jwt-bearer'
import { PATH } from './route.js'

export async function start ({ issuer, audience }) {
  const app = express()
  app.use(auth({ issuer, jwksUri: `${issuer}/oauth/v2/keys`, audience }))
  return app.get(PATH, (_request, response) => { response.send('[]') })
}
