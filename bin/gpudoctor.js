#!/usr/bin/env node
'use strict'
const { runBundle } = require('./load-bundle.js')

try {
  runBundle()
} catch (error) {
  if (error.code !== 'ENOENT') throw error
  process.stderr.write('gpudoctor is not built yet: run "npm start" (installs, builds and examines this host) or "npm run build".\n')
  process.exitCode = 2
}
