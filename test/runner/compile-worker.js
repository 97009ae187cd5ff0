// A thread of compile.js: compiles files one by one, and posts the names and the errors of those that could not be compiled.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import ts from 'typescript'
import { COMPILED, ROOT } from './test-files.js'

const { config } = ts.readConfigFile(workerData.config, ts.sys.readFile)
// To find the files takes long, and they are known.
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: workerData.names }, ts.sys, dirname(workerData.config))

// The compiler sees one file, and not that the package consists of ES modules.
const compilerOptions = { ...options, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler }

const host = { getCurrentDirectory: () => ROOT, getCanonicalFileName: (name) => name, getNewLine: () => '\n' }

parentPort.postMessage(workerData.names.flatMap((name) => {
  const source = join(ROOT, name)
  const output = join(ROOT, COMPILED, name.replace(/ts$/, 'js'))
  const { outputText, sourceMapText, diagnostics } = ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions, fileName: source, reportDiagnostics: true })
  if (diagnostics.length > 0) return [{ name, error: ts.formatDiagnostics(diagnostics, host) }]
  const { sources, ...map } = JSON.parse(sourceMapText)
  mkdirSync(dirname(output), { recursive: true })
  writeFileSync(output, outputText)
  writeFileSync(`${output}.map`, JSON.stringify({ ...map, sources: sources.map(() => relative(dirname(output), source).replaceAll('\\', '/')) }))
  return []
}))
