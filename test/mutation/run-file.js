// A test file in a process of its own: `node run-file.js ID URL`. The id differs in each process: it is part of the paths of tap's fixtures.
await import(process.argv[3])
