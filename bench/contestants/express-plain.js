import express from 'express'
import { PATH } from './route.js'

/** Express, without a check of the token. */
export async function start () {
  return express().get(PATH, (_request, response) => { response.send('[]') })
}
