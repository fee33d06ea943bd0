import type { EndlessVendor } from '../support/endless-vendor.ts'
import type { HubHelper } from '../support/hub.ts'
import { memoryOf } from '../support/machine.ts'
import { inFolder, startHelper } from '../support/processes.ts'
import { report } from '../support/report.ts'
import { endlessConfig, SECRETS } from '../support/settings.ts'

const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000)
/** Of a run that is killed this often, and begun again. */
const KILLS = 3

/** One source with a million records: what reading and absorbing it takes, and what is there after kills in between. */
export async function pull(): Promise<void> {
  const vendor = await startHelper<EndlessVendor>('endless-vendor', { argument: { records: RECORDS } })
  const config = endlessConfig(await vendor.ask.url())
  await inFolder(async (folder) => {
    const hub = await startHelper<HubHelper>('hub', {
      argument: { folder, config },
      env: SECRETS,
      isHub: true,
      isServed: true,
    })
    const before = memoryOf(hub.pid).rss
    const { pullMs, wallMs, cpuMs } = await hub.ask.pull()
    const peak = memoryOf(hub.pid).peak
    const counts = await hub.ask.counts()
    await hub.stop()
    const detail = { ...counts, seconds: wallMs / 1000, cpu_ms_each: cpuMs / RECORDS }
    report({
      bench: 'pull',
      metric: 'records_read',
      value: (1000 * RECORDS) / pullMs,
      unit: 'records/s',
      detail,
    })
    report({
      bench: 'pull',
      metric: 'records_read_and_absorbed',
      value: (1000 * RECORDS) / wallMs,
      unit: 'records/s',
      detail,
    })
    report({
      bench: 'pull',
      metric: 'rss_over_start',
      value: peak - before,
      unit: 'MB',
      goal: '<= 200',
      meets: peak - before <= 200,
      detail: { at_start: before, peak },
    })
  })
  await inFolder(async (folder) => {
    for (let kill = 0; kill <= KILLS; kill++) {
      const hub = await startHelper<HubHelper>('hub', {
        argument: { folder, config },
        env: SECRETS,
        isHub: true,
        isServed: true,
      })
      const pulling = hub.ask.pull().then(
        () => true,
        () => false,
      )
      if (kill === KILLS) {
        await pulling
        const counts = await hub.ask.counts()
        await hub.stop()
        report({
          bench: 'pull',
          metric: 'records_after_kills',
          value: counts.records,
          unit: 'records',
          goal: `${RECORDS}, and as many touchpoints`,
          meets: counts.records === RECORDS && counts.touchpoints === RECORDS,
          detail: { kills: KILLS, ...counts },
        })
        return
      }
      // Anywhere in the first part of what is left; the seed of a benchmark does not matter, that it differs does.
      await new Promise((resolve) => setTimeout(resolve, 500 + Math.random() * RECORDS * 0.01))
      process.kill(hub.pid, 'SIGKILL')
    }
  })
  await vendor.stop()
}
