/**
 * A peer that runs on a JVM: its sources in `bench/peers`, its libraries from Maven Central. Maven checks what it
 * fetches by its checksum and keeps it in its one local repository, so that only the first run fetches.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const PEERS = fileURLToPath(new URL('../../peers', import.meta.url))
const PACKAGES = ['default-jdk-headless', 'maven'] as const
/** An error's first lines say what is missing; the rest is advice about Maven itself. */
const ERROR_LINES = 3
const run = promisify(execFile)

export interface MavenProject {
  /** The folder of its sources and settings. */
  readonly sources: string
  readonly classPath: string
}

export interface MavenBuild {
  /** A folder of `bench/peers`. */
  readonly peer: string
  /** Of this run alone: what is compiled goes there. */
  readonly folder: string
  readonly note: (line: string) => void
  /** More words for Maven. */
  readonly words?: readonly string[]
}

export async function buildMavenProject({ peer, folder, note, words = [] }: MavenBuild): Promise<MavenProject> {
  const sources = join(PEERS, peer)
  const project = join(folder, `${peer}-peer`)
  mkdirSync(project, { recursive: true })
  for (const part of ['pom.xml', 'src']) cpSync(join(sources, part), join(project, part), { recursive: true })
  try {
    await installTools(note)
    note(`fetching and building ${peer}`)
    const goals = ['compile', 'dependency:build-classpath', '-DincludeScope=runtime', '-Dmdep.outputFile=target/class-path']
    await run('mvn', ['-q', '-B', '--strict-checksums', ...goals, ...words], { cwd: project })
  } catch (error) {
    throw new Error(
      `The peer ${peer} could not be made: ${reasonOf(error)}\n` +
        `It needs a JDK and Maven (Debian's ${PACKAGES.join(' and ')}) and Maven Central: let this machine reach it, ` +
        'name a mirror in ~/.m2/settings.xml, or measure without --peer.',
      { cause: error },
    )
  }
  const libraries = readFileSync(join(project, 'target/class-path'), 'utf8').trim()
  return { sources, classPath: `${join(project, 'target/classes')}:${libraries}` }
}

export async function javaVersion(): Promise<string> {
  const { stderr } = await run('java', ['-version'])
  return stderr.split('\n')[0] ?? ''
}

async function installTools(note: (line: string) => void): Promise<void> {
  if ((await isThere('mvn')) && (await isThere('javac'))) return
  note(`installing ${PACKAGES.join(' and ')}`)
  await run('apt-get', ['update'])
  await run('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES])
}

async function isThere(program: string): Promise<boolean> {
  return run(program, ['-version']).then(
    () => true,
    () => false,
  )
}

/** Maven tells its errors on stdout; what could not be started at all has none. */
function reasonOf(error: unknown): string {
  const { stdout = '', message } = error as { stdout?: string; message: string }
  const told = stdout.split('\n').filter((line) => line.startsWith('[ERROR]'))
  return told.length === 0 ? message : told.slice(0, ERROR_LINES).join('\n')
}
