import neostandard from 'neostandard'

export default neostandard({ ts: true, ignores: ['dist', 'build', '.tap', 'bench/node_modules', '**/build'] })
