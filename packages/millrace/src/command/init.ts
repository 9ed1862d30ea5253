import { MillraceError } from '@millrace/base'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { VERSION } from '../version.ts'

const TEMPLATE = fileURLToPath(new URL('../../../../examples/shop', import.meta.url))

export const init: CommandDefinition = {
  usage: 'FOLDER',
  example: 'millrace init shop && cd shop && npx millrace dev',
  positionals: { least: 1, most: 1 },
  options: {},
  details: 'Writes a typed millrace.config.ts, a model in SQL, a package.json and a .gitignore. Nothing is overwritten.',
  async run({ positionals, terminal }) {
    const folder = resolve(positionals[0] ?? '.')
    if (existsSync(folder) && readdirSync(folder).length > 0) {
      throw new MillraceError('INIT_FOLDER_NOT_EMPTY', { details: { folder } })
    }
    const name =
      basename(folder)
        .toLowerCase()
        .replaceAll(/[^a-z0-9_]/g, '_')
        .replace(/^[^a-z]+/, '') || 'project'
    mkdirSync(folder, { recursive: true })
    cpSync(TEMPLATE, folder, { recursive: true, filter: (path) => !/(\/\.millrace|\/node_modules|\/\.env)$/.test(path) })
    const config = join(folder, 'millrace.config.ts')
    writeFileSync(config, readFileSync(config, 'utf8').replace(/name: '[^']*'/, `name: '${name}'`))
    writeFileSync(join(folder, '.gitignore'), 'node_modules/\n.millrace/\n.env\n')
    writeFileSync(
      join(folder, 'package.json'),
      `${JSON.stringify({ name, private: true, type: 'module', scripts: { dev: 'millrace dev', start: 'millrace start' }, dependencies: { millrace: `^${VERSION}` } }, null, 2)}\n`,
    )
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
    if (terminal.json) terminal.value({ folder, name, files })
    else {
      terminal.out(`Made ${folder}`)
      for (const each of files) terminal.out(`  ${each}`)
      terminal.out('')
      terminal.out(`Next: cd ${positionals[0]} && npx millrace dev --sample     a sample database that moves, to see it work`)
      terminal.out(`  or: put SHOP_URL=postgres://… into .env, write models/, and run \`npx millrace dev\`.`)
    }
    return EXIT.OK
  },
}
