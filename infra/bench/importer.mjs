// Addresses a file as kubo does by default, with the JavaScript importer: node importer.mjs FILE ROUNDS
// Prints its address and the seconds of the fastest round as JSON. Blocks are dropped, so nothing but addressing counts.
import { readFileSync } from 'node:fs'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'

const [path, rounds] = process.argv.slice(2)
const content = new Uint8Array(readFileSync(path))
const nowhere = { put: async (cid) => cid }
const options = {
  cidVersion: 0,
  rawLeaves: false,
  chunker: fixedSize({ chunkSize: 262144 }),
  layout: balanced({ maxChildrenPerNode: 174 })
}

let cid
let fastest = Infinity
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now()
  for await (const entry of importer([{ content }], nowhere, options)) cid = entry.cid.toString()
  fastest = Math.min(fastest, performance.now() - start)
}
console.log(JSON.stringify({ cid, seconds: fastest / 1000 }))
