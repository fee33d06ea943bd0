import { playSeeds } from './seeds.ts'

playSeeds('whatever goes wrong, both CRMs end as if nothing had', 160, 160)
