#!/usr/bin/env node
// The bundle lies in dist/; without it there was no build.
import { existsSync } from 'node:fs'

const bundle = new URL('../dist/gpudoctor.js', import.meta.url)
if (existsSync(bundle)) await import(bundle.href)
else {
  process.stderr.write('gpudoctor is not built yet: run "npm start" (installs, builds and examines this host) or "npm run build".\n')
  process.exitCode = 2
}
