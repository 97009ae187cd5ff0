import 'reflect-metadata'
import { Catch, Controller, Get, HttpException, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, RouteConfig } from '@nestjs/platform-fastify'
import { testNest } from '../nestjs.js'

testNest('NestJS 12', { Catch, Controller, Get, HttpException, Module, NestFactory, FastifyAdapter, RouteConfig })
