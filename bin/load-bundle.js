/**
 * Loads dist/gpudoctor.cjs with the code cache that the build made beside it. Compiling the bundle is most of a start;
 * V8 takes the cache only when it was made by the same V8 for the same source, and compiles as usual otherwise.
 * CommonJS (see package.json here), as the loader of ES modules costs more than all of this.
 */
'use strict'
const { readFileSync } = require('node:fs')
const { createRequire } = require('node:module')
const { dirname, join } = require('node:path')
const { Script } = require('node:vm')

const folder = join(dirname(__dirname), 'dist')
const bundle = join(folder, 'gpudoctor.cjs')
const cacheFile = join(folder, 'gpudoctor.cache')

function readCache() {
  try {
    return { cachedData: readFileSync(cacheFile) }
  } catch {
    return {}
  }
}

/** Runs the command line; gives the compiled script, for the build to make the cache from. Throws ENOENT where there was no build. */
function runBundle() {
  // ASCII by the build's wish, so that it stays one byte a character.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${readFileSync(bundle, 'latin1')}\n})`, { filename: bundle, ...readCache() })
  const module = { exports: {} }
  script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, folder)
  return script
}

module.exports = { runBundle, cacheFile }
