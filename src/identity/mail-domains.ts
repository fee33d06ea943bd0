/** Lives in the kit because connectors need it too, and they see no further than that. */
export { companyDomain, isDisposable, isFreeMail, isRoleAddress } from '#kit'
